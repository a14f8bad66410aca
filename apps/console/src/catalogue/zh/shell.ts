/** Chinese: the frame around every page, signing in, and the states that every page can be in. */
import type { Catalogue } from '../catalogue.ts';

export const shell: Catalogue['shell'] = {
  skip: '跳到正文',
  rail: '页面',
  overview: '总览',
  images: '镜像',
  deliveries: '交付',
  policies: '策略',
  workloads: '工作负载',
  settings: '设置',
  switchAccount: '账户',
  themeToLight: '浅色主题',
  themeToDark: '深色主题',
  otherLanguage: 'English',
  signOut: '退出登录',
  find: '查找',
  live: '实时',
  reconnecting: '正在重新连接，所见内容可能已过时',
  newRows: (count) => `新增 ${count} 行：显示`,
  noSuchAccount: (name) => `您不属于账户 ${name}`,
  noSuchAccountHint: '如果它存在，其所有者可以将您加为成员。',
  toStart: '前往您自己的账户',
  notFoundTitle: '没有这个页面',
  notFoundHint: '该地址不对应任何内容。左侧列出了所有页面。',
  noAccount: '您还不属于任何账户',
  noAccountHint: '账户的所有者可以将您加为成员；管理员可以新建账户：',
};

export const signIn: Catalogue['signIn'] = {
  title: '登录 Pratique',
  user: '用户名',
  password: '密码',
  submit: '登录',
  busy: '正在登录',
  motto: '从推送到生产，让每个容器镜像都有一张健康证明。',
};

export const states: Catalogue['states'] = {
  loading: (what) => `正在加载：${what}`,
  notDone: '操作未成功，没有任何更改',
  failedTitle: '无法加载',
  unreachable: '服务器没有应答。请确认它正在运行且本机可以访问，然后重试。',
  unexpected: (detail) => `服务器的应答无法识别（${detail}）。请刷新页面：控制台可能比服务器旧。`,
  tryAgain: '重试',
  requestId: '请求编号',
  forbiddenTitle: '您无权查看',
  needsRole: (role, account) => `需要 ${account} 中的${role}角色；所有者可以授予。`,
  noSuchAccount: (name) => `您不属于账户 ${name}`,
  noSuchAccountHint: '如果它存在，其所有者可以将您加为成员。',
  toStart: '前往您自己的账户',
  notFoundTitle: '没有找到',
  noMatch: '没有符合筛选条件的行。',
  clearFilter: '清除筛选',
};

export const palette: Catalogue['palette'] = {
  title: '查找页面、镜像或操作',
  hint: '输入页面、仓库、标签或操作',
  pages: '页面',
  images: '镜像',
  accounts: '账户',
  actions: '操作',
  nothing: '没有同名的内容。',
  keys: '↑ ↓ 选择 · Enter 打开 · Esc 关闭',
  copyAddress: '复制本页地址',
};
