/** The order in which packages are unpacked and configured: what a package depends on comes before it. */
import type { Candidate } from '../archive/packages.ts';
import { parseRelations } from '../control/relations.ts';
import { matches } from '../resolve/universe.ts';

/** Base files and users come first, since every other package's files and scripts count on them. */
const FIRST = ['base-files', 'base-passwd'];

/** Depth-first by name; in a circle, pre-dependencies are kept and the rest is cut where it is first met. */
export function installationOrder(candidates: Candidate[]): Candidate[] {
  const sorted = [...candidates].sort((a, b) => (a.name < b.name ? -1 : 1));
  const byName = new Map(sorted.map((candidate) => [candidate.name, candidate]));
  const done = new Set<Candidate>();
  const order: Candidate[] = [];
  const visit = (candidate: Candidate) => {
    if (done.has(candidate)) return;
    done.add(candidate);
    for (const field of ['pre-depends', 'depends']) {
      for (const group of parseRelations(candidate.stanza.get(field), candidate.name)) {
        const named = group.map((relation) => byName.get(relation.name)).find((found) => found !== undefined);
        const met = named ?? sorted.find((other) => group.some((relation) => matches(other, relation)));
        if (met) visit(met);
      }
    }
    order.push(candidate);
  };
  const first = FIRST.map((name) => byName.get(name)).filter((candidate) => candidate !== undefined);
  for (const candidate of first) {
    done.add(candidate);
    order.push(candidate);
  }
  for (const candidate of sorted) visit(candidate);
  return order;
}
