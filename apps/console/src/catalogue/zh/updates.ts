/** Chinese: what updates of the advisories changed. */
import type { Catalogue } from '../catalogue.ts';

export const updates: Catalogue['updates'] = {
  tab: '公告更新',
  title: '公告更新带来的变化',
  lead: (days) => `对本账户镜像所含软件包有新说法的公告更新，最新的在前。保留 ${days} 天。`,
  none: '还没有更新改变过任何内容',
  noneHint: '当公告更新使某个镜像受影响或解除其影响时，会连同影响范围显示在这里。公告的新旧：',
  states: { running: '匹配中', finished: '已完成', overtaken: '被更新的一次取代' },
  notes: {
    running: '软件包仍在匹配中：这些数字可能还会增加。',
    overtaken: '在全部软件包匹配完之前又来了更新的一次：它本应带来的变化记录在那里。',
  },
  holes: '漏洞',
  packages: '软件包',
  fromSnapshot: '之前的快照',
  sameSnapshot: '（同样的数据，由本服务器的新版本匹配）',
  sums: { affected: '新受影响', cleared: '新解除' },
  says: (affects, clears) => `${affects}${clears}`,
  affects: (shown, images) =>
    images === 0 ? '它没有使任何镜像新受影响。' : `它使${images === 1 ? '一个' : ` ${shown} 个`}镜像新受影响。`,
  clears: (shown, images) =>
    images === 0 ? '它没有解除任何镜像的影响。' : `它解除了${images === 1 ? '一个' : ` ${shown} 个`}镜像的某项影响。`,
  onlyChanged: (shown, holes) =>
    `没有镜像新受影响或新解除；${holes === 1 ? '有一个漏洞' : `有 ${shown} 个漏洞`}的说法改变了。`,
  rows: '详情',
  anyChange: '任意变化',
  update: '更新',
  number: (id) => `更新 ${id}`,
  change: '变化',
  changes: '变化',
  kinds: { affected: '新受影响', cleared: '新解除', changed: '说法改变' },
  said: '说法',
  fixIn: (version) => `已在 ${version} 中修复`,
  noLonger: '不再是此软件包的漏洞',
  from: (before, after) => `${before} → ${after}`,
  fixFrom: (before, after) => `修复版本：${before} → ${after}`,
  nowExploited: '现已知被利用',
  notExploited: '不再列于攻击目录',
};
