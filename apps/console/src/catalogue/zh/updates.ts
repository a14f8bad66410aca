/** Chinese: what updates of the advisories changed. */
import type { Catalogue } from '../catalogue.ts';

export const updates: Catalogue['updates'] = {
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
