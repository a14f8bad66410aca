/** Says of which packages two snapshots say different things, so that only those are matched again. */
import { isCandidatesKey } from '../candidates/candidate.ts';
import { NVD } from './ecosystems.ts';
import { EPSS } from './importers/epss.ts';
import { KEV } from './importers/kev.ts';
import type { AdvisoryStore } from './store.ts';

/** For `KEV` the names are CVEs whose entry in the catalogue of exploited holes has changed. */
export type AdvisoryChange = { ecosystem: string; names: string[] };

/** For `NVD` the names are CVEs of which NVD says something else now. */
const OF_CVES = new Set([KEV, NVD]);

/**
 * Compares by content, and only the files that differ; a package that stands in only one of the snapshots has changed.
 * Sorted by ecosystem and name. An ecosystem that only one of them covers is listed with all its names; its other
 * packages become uncovered, or cease to be, and must be matched again too: compare `covers` for those.
 */
export function changesBetween(before: AdvisoryStore, after: AdvisoryStore): AdvisoryChange[] {
  if (before.snapshot === after.snapshot) return [];
  const changes = new Map<string, Set<string>>();
  for (const shard of [...new Set([...before.shardKeys, ...after.shardKeys])].sort()) {
    const ecosystem = shard.startsWith(`${NVD}:`) ? NVD : shard;
    if (ecosystem === EPSS || isCandidatesKey(ecosystem)) continue; // looked up when they are asked for
    const names = changes.get(ecosystem) ?? new Set();
    if (before.shards(shard) !== after.shards(shard)) {
      const old = before.fingerprints(shard);
      const now = after.fingerprints(shard);
      for (const [name, print] of old) if (now.get(name) !== print) names.add(name);
      for (const name of now.keys()) if (!old.has(name)) names.add(name);
    }
    for (const [one, other] of [
      [before, after],
      [after, before],
    ] as const)
      for (const name of one.unread(shard)) if (!other.unread(shard).has(name)) names.add(name);
    if (names.size > 0) changes.set(ecosystem, names);
  }
  return [...changes].map(([ecosystem, names]) => ({ ecosystem, names: [...names].sort() }));
}

/** True for changes that name CVEs and not packages. */
export const isOfCves = (change: AdvisoryChange): boolean => OF_CVES.has(change.ecosystem);
