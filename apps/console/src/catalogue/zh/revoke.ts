/** Chinese: taking an image out of service, and having it judged anew. */
import type { Catalogue } from '../catalogue.ts';

export const revoke: Catalogue['revoke'] = {
  open: '吊销…',
  title: (image) => `吊销 ${image}`,
  effects: '立即发生：',
  refusedEverywhere: (account) => `${account} 中现在或将来含有这些内容的所有仓库都拒绝该镜像：不交付，不准入。`,
  refusedHere: (repository) => `${repository} 拒绝该镜像：不交付，不准入。内容相同的其他仓库保留各自的裁决。`,
  indexes: '索引连同其各平台一并吊销；平台连同列出它的索引一并吊销。',
  signatures: '签名和证明将被撤回，代之以一份签名的拒绝声明。',
  copies: '已复制到别处的签名，在那里仅凭密钥仍可通过验证。',
  running: (count, pods) =>
    count === 0 ? '目前没有上报的集群在运行它。' : `目前有 ${pods} 个容器在运行它，并会继续运行；见“货物 › 运行于”。`,
  stays: '在维护者解除之前一直处于吊销状态；再次推送或再次运行流程都不会恢复。',
  scope: '范围',
  everywhere: '整个账户',
  here: (repository) => `仅限 ${repository}`,
  action: '吊销',
  done: (count) => `已吊销；受影响的裁决：${count} 个。`,
  liftOpen: '重新裁决',
  liftTitle: (image) => `重新裁决 ${image}`,
  liftLead: '吊销将结束。仅此并不放行：流程会在所有含有该镜像的仓库中，依据今天所知重新裁决。',
  liftAction: '解除吊销',
  lifted: '吊销已结束，镜像正在重新裁决。',
};
