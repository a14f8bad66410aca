/** Compares files with what their package recorded of them, as `dpkg --verify` does. */
import { createHash } from 'node:crypto';
import type { RepairDifference } from '@pratique/contract';
import type { Tree } from '../../files/tree.ts';
import type { Installed } from '../../install/world.ts';

const MAX_LISTED = 1000;

/** Files of an old version that are not as packaged and that its upgrade replaces; configuration files are told apart. */
export function filesThatDiffer(tree: Tree, installed: Installed): RepairDifference[] {
  const differences: RepairDifference[] = [];
  const conffiles = new Set(installed.conffiles.map(({ path }) => path));
  const lines = installed.control.get('md5sums')?.bytes.toString('latin1').split('\n') ?? [];
  for (const line of lines) {
    const [, md5, name] = /^([0-9a-f]{32}) [ *](.+)$/.exec(line) ?? [];
    if (!md5 || !name || differences.length >= MAX_LISTED) continue;
    const path = `/${name.replace(/^\.?\/+/, '')}`;
    if (conffiles.has(path)) continue;
    const node = tree.find(path);
    const isMissing = node?.kind !== 'file';
    if (!isMissing && createHash('md5').update(node.content.read()).digest('hex') === md5) continue;
    differences.push({
      package: installed.candidate.name,
      path,
      was: isMissing ? 'missing' : 'modified',
      now: 'as-packaged',
    });
  }
  return differences;
}
