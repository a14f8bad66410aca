/** Chinese: user names for other registries. */
import type { Catalogue } from '../catalogue.ts';

export const logins: Catalogue['logins'] = {
  title: '其他仓库的登录',
  lead: '服务器检验其他仓库的镜像时，用这些身份访问。集群拉取镜像时使用自己的凭据。',
  none: '访问其他仓库时一律不带身份',
  noneHint: '服务器在那里有了用户名之后，才能检验仅成员可读的镜像：',
  add: '添加登录',
  addLead: '密码会加密保存，仅在检验镜像时解开，不会再次显示。此前无法访问的镜像会立即重新检验。',
  registry: '仓库',
  registryHint: 'HOST 或 HOST:PORT，与镜像名称中的写法相同：ghcr.io',
  user: '用户名',
  password: '密码或令牌',
  by: '提供者',
  since: '自',
  replace: '更换',
  replaceTitle: (host) => `更换 ${host} 的登录`,
  removeTitle: (host) => `移除 ${host} 的登录`,
  removeLead: (host) => `今后访问 ${host} 时不带身份。那里仅成员可读的镜像，在下一次检验时会被拒绝。`,
  remove: '移除登录',
};
