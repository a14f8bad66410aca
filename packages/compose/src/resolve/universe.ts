/** What can be chosen: the newest version of each package over all open suites. */
import type { Candidate, PackageIndex } from '../archive/packages.ts';
import { parseRelations, type Relation } from '../control/relations.ts';
import { compareVersions, satisfies } from '../version.ts';

export type Universe = {
  newest(name: string): Candidate | null;
  /** Packages that satisfy a relation, the best first: the package of that name, then what provides it. */
  satisfying(relation: Relation): Candidate[];
  base(): Candidate[];
};

const PRIORITIES = ['required', 'important', 'standard', 'optional', 'extra'];

/** Joins indexes; `exclude` names packages that must not be chosen. */
export function makeUniverse(indexes: PackageIndex[], architecture: string, exclude: Set<string>): Universe {
  const chosen = new Map<string, Candidate | null>();
  const fits = (candidate: Candidate) =>
    (candidate.architecture === architecture || candidate.architecture === 'all') && !exclude.has(candidate.name);
  const newest = (name: string): Candidate | null => {
    const known = chosen.get(name);
    if (known !== undefined) return known;
    let best: Candidate | null = null;
    for (const candidate of indexes.flatMap((index) => index.named(name)).filter(fits)) {
      if (!best || compareVersions(candidate.version, best.version) > 0) best = candidate;
    }
    chosen.set(name, best);
    return best;
  };
  const satisfying = (relation: Relation): Candidate[] => {
    if (relation.qualifier && !['any', 'native', architecture].includes(relation.qualifier)) return [];
    const real = newest(relation.name);
    const found = real && versionFits(real.version, relation) ? [real] : [];
    const providers = indexes
      .flatMap((index) => index.providers(relation.name))
      .filter(({ candidate, version }) => candidate === newest(candidate.name) && providedFits(version, relation))
      .map(({ candidate }) => candidate)
      .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    return [...new Set([...found, ...providers])];
  };
  const base = () => [
    ...new Set(
      indexes
        .flatMap((index) => index.base())
        .filter(fits)
        .map((candidate) => newest(candidate.name))
        .filter((candidate) => candidate !== null)
        // A package that was required and is no longer, by its newest version, is not part of the base.
        .filter((candidate) => candidate.essential || candidate.priority === 'required'),
    ),
  ];
  return { newest, satisfying, base };
}

/** True if a chosen package is what the relation speaks of, by its own name or by what it provides. */
export function matches(candidate: Candidate, relation: Relation): boolean {
  if (candidate.name === relation.name && versionFits(candidate.version, relation)) return true;
  return parseRelations(candidate.stanza.get('provides'), candidate.name).some(
    ([provided]) => provided?.name === relation.name && providedFits(provided.version, relation),
  );
}

function versionFits(version: string, relation: Relation): boolean {
  return !relation.operator || !relation.version || satisfies(version, relation.operator, relation.version);
}

/** An unversioned Provides satisfies only unversioned relations (Policy 7.5). */
function providedFits(version: string | null, relation: Relation): boolean {
  if (!relation.operator || !relation.version) return true;
  return version !== null && satisfies(version, relation.operator, relation.version);
}

function rank(candidate: Candidate): number {
  const place = PRIORITIES.indexOf(candidate.priority);
  return place < 0 ? PRIORITIES.length : place;
}
