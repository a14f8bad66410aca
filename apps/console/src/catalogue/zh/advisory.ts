/** Chinese: the page of one advisory. */
import type { Catalogue } from '../catalogue.ts';

export const advisory: Catalogue['advisory'] = {
  what: '公告及其影响范围',
  sentences: (touched, running, next) => `${touched}${running}${next}`,
  touched: (count, images) => (images === 1 ? '本账户现有一个镜像受影响。' : `本账户现有 ${count} 个镜像受影响。`),
  running: (count, containers) =>
    containers === 1 ? '有一个容器正在运行这样的镜像。' : `有 ${count} 个容器正在运行这样的镜像。`,
  notRunning: '已知的容器都没有运行这些镜像。',
  cleared: (count, images) =>
    images === 1
      ? '本账户现在没有镜像受影响。曾有一个镜像受影响，直到一次公告更新将其解除。'
      : `本账户现在没有镜像受影响。曾有 ${count} 个镜像受影响，直到一次公告更新将其解除。`,
  untouched: '该漏洞已知，但在本账户镜像中找到的软件包都不受影响。',
  update: '请用含修复的版本重新构建。',
  updateNow: '攻击者正在利用它：请立即用含修复的版本重新构建。',
  noFix: '没有来源给出修复版本。可申请有期限的例外等待修复，或移除该软件包。',
  noFixExploited: '攻击者正在利用它，且没有来源给出修复版本：请移除该软件包，或让运行中的容器不可被触及。',
  doNothing: '其编号已被撤回，除非有来源另有说法，否则无需处理。',
  unknownTitle: '没有任何公告来源知道这个名称',
  unknownLead: '这并不说明您的镜像安全：是否有镜像受影响尚不得而知。',
  unknownHint: '可能是拼写有误、比上次更新更新，或涉及没有来源覆盖的内容。来源的新旧，以及在终端中提同样的问题：',
  likelihood: '可能性（EPSS）',
  likelihoodIs: (probability, percentile) =>
    `未来 30 天内被攻击的概率为 ${probability}；高于全部漏洞中的 ${percentile}`,
  likelihoodUnknown: '未知',
  attacks: '攻击',
  attacked: '已知',
  notAttacked: '尚无已知',
  attackedLong: '已知被利用：在 CISA 目录中',
  notAttackedLong: '尚无已知攻击：不在 CISA 目录中',
  standings: {
    disputed: '存在争议：有知情者认为这不是漏洞。下列来源说法不一。',
    rejected: '其编号已被签发者撤回。',
  },
  moreNames: (count) => `以及另外 ${count} 个`,
  references: '延伸阅读',
  unsourced: '未注明评级来源',
  packages: '受影响的软件包',
  packagesTab: '软件包与缘由',
  packagesBeside: '按版本和系统区分',
  unscanned: (count, images) =>
    images === 1 ? '有一个镜像尚未扫描：是否受影响不得而知。' : `有 ${count} 个镜像尚未扫描：是否受影响不得而知。`,
  uncovered: (count, packages) =>
    packages === 1
      ? '本账户有一个软件包没有任何来源提及：是否有漏洞不得而知。'
      : `本账户有 ${count} 个软件包没有任何来源提及：是否有漏洞不得而知。`,
  unknownNotKnown: (why) => `无法统计尚未扫描的内容：${why}`,
  spoken: '例外与声明',
  nothingSpoken: '没有对它生效的例外，也没有 VEX 文档提及它。',
  exception: (covers, owner) => `${owner} 的例外：${covers}`,
  until: (day) => `至 ${day}`,
  states: (status, what) => `声明${status}：${what}`,
  who: '谁受影响',
  whoNot: '谁曾受影响，以及各来源的说法',
  before: '曾受影响',
  beforeLead: '按当时的公告，这些镜像含有受影响的软件包；现在没有其他软件包使其受影响。已不存在的镜像不在其列。',
  byPackage: '按所含软件包列出，不论有何声明：“缘由”会指向对该镜像算数的内容。',
  sources: '各来源的说法',
  history: '历史',
  noHistory: '没有公告更新改变过它在此处的情况',
  noHistoryHint: '镜像首次扫描时已知的不算变化。变化保留 90 天。',
  ecosystem: '生态系统',
  named: '其中的编号',
  disputed: '有争议',
  noRecords: '没有来源指明软件包',
  noRecordsHint: '仅知其评级或可能性。',
  cutRecords: (count) => `仅显示前 ${count} 条，涉及本账户软件包的在前。`,
  firstSeen: '在此已知自',
  builtFrom: '构建自',
  whyTitle: (id, name) => `${name} 为何受 ${id} 影响`,
  priorityOf: (score) => `${score}，尚未计入取决于镜像的部分`,
};
