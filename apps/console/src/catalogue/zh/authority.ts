/** Chinese: the certificate authority and its rotation. */
import type { Catalogue } from '../catalogue.ts';

export const authority: Catalogue['authority'] = {
  title: '证书机构',
  lead: '集群凭这个证书机构核验服务器，服务器也凭它识别集群的代理。整个安装只有一个。',
  onlyAdministrators: '安装的管理员可以更换它。',
  quiet: '由一个证书机构签发，没有正在进行的更换。',
  waits: (count) => `下一个证书机构已分发。所有集群都信任它之后，由它自动开始签发；尚不确知信任它的集群：${count}。`,
  switches: '已知所有集群都信任下一个证书机构，一分钟内由它签发。',
  done: '新的证书机构正在签发。对曾经离线的代理，之前的仍然有效。',
  issues: '当前签发',
  next: '下一个',
  previous: '之前签发',
  until: (day) => `有效至 ${day}`,
  handedOut: (until, since) => `有效至 ${until}，自 ${since} 起分发`,
  replaced: (since) => `于 ${since} 被替换；其后 31 天内仍然有效`,
  bundle: '集群应当信任的证书',
  steps: {
    begin: '生成下一个证书机构',
    finish: '让下一个立即签发',
    forget: '不再信任之前的',
  },
  beginLead:
    '生成下一个证书机构并分发给各代理。其间不会拒绝任何内容：所有集群都信任它之后才由它签发。webhook 需用随后显示在这里的命令更新。',
  finishLead: (count) =>
    `下一个证书机构立即签发。届时不信任它的集群在更新之前不准入任何内容；尚不确知信任它的：${count}。`,
  forgetLead: '之前的证书机构所签的证书不再有效。曾经离线、尚未续期的代理必须重新注册。',
  lacking: '尚不确知信任最新证书机构的集群',
  allTrust: '已知所有集群都信任最新的证书机构',
  cluster: '集群',
  reasons: {
    'not-there': '其代理或 webhook 尚不信任它',
    'not-told': '其代理没有告知 webhook 信任什么',
    'no-agent': '没有代理告知',
  },
  patch: '要应用的内容',
  patchTitle: (cluster) => `在 ${cluster} 中应用`,
  patchLead: '需要那里的集群管理员权限；除 webhook 信任谁之外，不作其他更改。',
};
