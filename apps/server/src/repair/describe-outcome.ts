/** What came of a repair, in one sentence. */
import type { PlatformRepair, RepairMode } from '@pratique/contract';

export type Outcome = { upgraded: number; left: number; sentence: string };

export function describeOutcome(platforms: readonly PlatformRepair[], mode: RepairMode): Outcome {
  const results = platforms.flatMap(({ result }) => (result ? [result] : []));
  const upgraded = results.reduce((sum, result) => sum + (result.to === null ? 0 : result.upgraded.length), 0);
  const left = results.reduce((sum, result) => sum + result.left.length, 0);
  return {
    upgraded,
    left,
    sentence: `${wordsOf(platforms, mode, upgraded)}${left > 0 ? `; ${left} left as they are` : ''}`,
  };
}

function wordsOf(platforms: readonly PlatformRepair[], mode: RepairMode, upgraded: number): string {
  const reason = platforms.find(({ skipped }) => skipped !== null)?.skipped;
  if (platforms.every(({ result }) => result === null) && reason) return `not repaired: ${reason}`;
  if (upgraded === 0) return 'nothing to repair: no package has a newer version that can be put in';
  const packages = `${upgraded} ${upgraded === 1 ? 'package' : 'packages'}`;
  return mode === 'preview' ? `would upgrade ${packages}` : `upgraded ${packages} in one layer`;
}
