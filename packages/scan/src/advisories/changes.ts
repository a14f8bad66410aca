/** Says of which packages two snapshots say different things, so that only those are matched again. */
import { KEV } from './importers/kev.ts';
import type { AdvisoryStore } from './store.ts';

/** For `KEV` the names are CVEs whose entry in the catalogue of exploited holes has changed. */
export type AdvisoryChange = { ecosystem: string; names: string[] };

/**
 * Compares by content; a package that stands in only one of the snapshots has changed. Sorted by ecosystem and name.
 * An ecosystem that only one of them covers is listed with all its names; its other packages become uncovered, or
 * cease to be, and must be matched again too: compare `covers` for those.
 */
export function changesBetween(before: AdvisoryStore, after: AdvisoryStore): AdvisoryChange[] {
  if (before.snapshot === after.snapshot) return [];
  const changes: AdvisoryChange[] = [];
  for (const ecosystem of [...new Set([...before.ecosystems, ...after.ecosystems, KEV])].sort()) {
    const old = before.fingerprints(ecosystem);
    const now = after.fingerprints(ecosystem);
    const names = [...new Set([...old.keys(), ...now.keys()])].filter((name) => old.get(name) !== now.get(name)).sort();
    if (names.length > 0) changes.push({ ecosystem, names });
  }
  return changes;
}
