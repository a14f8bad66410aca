/** Chooses the packages: a set in which every dependency holds and nothing conflicts, the same for the same archive. */
import type { Candidate } from '../archive/packages.ts';
import { formatRelation, parseRelations, type Relation } from '../control/relations.ts';
import { ComposeError } from '../error.ts';
import { matches, type Universe } from './universe.ts';

/** A group of alternatives that some package needs. */
type Need = { group: Relation[]; by: string };
type Search = { steps: number; failure: ComposeError | null; prefer: string[] };
type Chosen = { candidate: Candidate; because: string | null };

const MAX_STEPS = 200_000;
const MAX_CHOSEN = 5_000;

/**
 * Resolves essential and required packages (the base that Debian promises to be there), `include` and all they need.
 * Recommends are not followed. Where several packages satisfy a need, the first alternative that can be installed wins,
 * and a need that leaves no choice is settled before one that does.
 *
 * @param prefer packages that are taken before others wherever there is a choice
 *
 * @throws ComposeError `package-unknown`, `unsatisfiable`, `conflict`; each names the chain that led there
 */
export function resolve(universe: Universe, include: string[], prefer: string[] = []): Candidate[] {
  const state = new Map<string, Chosen>();
  const roots = [...universe.base().sort(byName), ...include.map((name) => named(universe, name))];
  for (const candidate of roots) {
    const clash = conflictWith(state, candidate);
    if (clash) throw new ComposeError('conflict', `${candidate.name} and ${clash} are both asked for and conflict`);
    if (!state.has(candidate.name)) state.set(candidate.name, { candidate, because: null });
  }
  const first = [...state.values()].flatMap(({ candidate }) => needsOf(candidate));
  const search: Search = { steps: 0, failure: null, prefer };
  const result = settle(universe, state, first, search);
  if (!result) throw search.failure ?? new ComposeError('unsatisfiable', 'no set of packages satisfies the request');
  return [...result.values()].map(({ candidate }) => candidate).sort(byName);
}

function named(universe: Universe, name: string): Candidate {
  const real = universe.newest(name);
  if (real) return real;
  const providers = universe.satisfying({ name, qualifier: null, operator: null, version: null });
  const [only, second] = providers;
  if (only && !second) return only;
  const hint = second
    ? `; it is provided by ${providers
        .map((provider) => provider.name)
        .slice(0, 10)
        .join(', ')}: name one`
    : '';
  throw new ComposeError('package-unknown', `the archive has no package ${name.slice(0, 100)}${hint}`);
}

/** Settles needs in order; backtracks over real choices only. Returns null with `search.failure` set. */
function settle(
  universe: Universe,
  given: Map<string, Chosen>,
  needs: Need[],
  search: Search,
): Map<string, Chosen> | null {
  const state = new Map(given);
  let queue = needs;
  let open: Need[] = [];
  for (;;) {
    const need = queue.pop();
    if (!need) {
      // Only needs with a choice are left: those that were met in the meantime fall away, the first is tried each way.
      const [choice, ...rest] = open.filter((entry) => !isMet(state, entry.group));
      if (!choice) return state;
      for (const option of preferred(options(universe, choice.group), search.prefer)) {
        const attempt = new Map(state);
        if (!choose(attempt, option, choice, search)) continue;
        const result = settle(universe, attempt, [...rest, ...needsOf(option)], search);
        if (result) return result;
      }
      search.failure ??= missing(state, choice);
      return null;
    }
    if (++search.steps > MAX_STEPS)
      throw new ComposeError('unsatisfiable', 'the dependencies are too tangled to resolve');
    if (isMet(state, need.group)) continue;
    const found = options(universe, need.group);
    const [only, second] = found;
    if (!only) {
      search.failure ??= missing(state, need);
      return null;
    }
    if (second) {
      open = [...open, need];
      continue;
    }
    if (!choose(state, only, need, search)) return null;
    queue = [...queue, ...needsOf(only)];
  }
}

function choose(state: Map<string, Chosen>, candidate: Candidate, need: Need, search: Search): boolean {
  if (state.size >= MAX_CHOSEN)
    throw new ComposeError('too-large', `the request needs more than ${MAX_CHOSEN} packages`);
  const clash = conflictWith(state, candidate);
  if (clash) {
    const chain = chainOf(state, need.by);
    search.failure ??= new ComposeError(
      'conflict',
      `${chain} needs ${candidate.name}, which conflicts with ${chainOf(state, clash)}`,
    );
    return false;
  }
  state.set(candidate.name, { candidate, because: need.by });
  return true;
}

function isMet(state: Map<string, Chosen>, group: Relation[]): boolean {
  return group.some((relation) => {
    const own = state.get(relation.name);
    if (own && matches(own.candidate, relation)) return true;
    for (const { candidate } of state.values()) {
      if (candidate.stanza.get('provides')?.includes(relation.name) && matches(candidate, relation)) return true;
    }
    return false;
  });
}

function options(universe: Universe, group: Relation[]): Candidate[] {
  return [...new Set(group.flatMap((relation) => universe.satisfying(relation)))];
}

function preferred(candidates: Candidate[], prefer: string[]): Candidate[] {
  const first = candidates.filter((candidate) => prefer.includes(candidate.name));
  return [...new Set([...first, ...candidates])];
}

function needsOf(candidate: Candidate): Need[] {
  return ['pre-depends', 'depends']
    .flatMap((field) => parseRelations(candidate.stanza.get(field), `${candidate.name}'s ${field}`))
    .map((group) => ({ group, by: candidate.name }));
}

/** The name of a chosen package that cannot stand beside the candidate, or null. */
function conflictWith(state: Map<string, Chosen>, candidate: Candidate): string | null {
  const against = enemies(candidate);
  for (const { candidate: other } of state.values()) {
    if (other.name === candidate.name) continue; // a package may conflict with what it provides itself
    if (against.some((relation) => matches(other, relation))) return other.name;
    if (enemies(other).some((relation) => matches(candidate, relation))) return other.name;
  }
  return null;
}

const enemyCache = new WeakMap<Candidate, Relation[]>();

function enemies(candidate: Candidate): Relation[] {
  const known = enemyCache.get(candidate);
  if (known) return known;
  const found = ['conflicts', 'breaks'].flatMap((field) =>
    parseRelations(candidate.stanza.get(field), candidate.name).flat(),
  );
  enemyCache.set(candidate, found);
  return found;
}

function missing(state: Map<string, Chosen>, need: Need): ComposeError {
  const wanted = need.group.map(formatRelation).join(' | ');
  return new ComposeError(
    'unsatisfiable',
    `${chainOf(state, need.by)} needs ${wanted}, which the archive does not have in a usable version`,
  );
}

/** The way from a package that was asked for to this one. */
function chainOf(state: Map<string, Chosen>, name: string): string {
  const chain = [name];
  for (let at = state.get(name)?.because; at && chain.length < 30; at = state.get(at)?.because) chain.unshift(at);
  return chain.join(' -> ');
}

function byName(a: Candidate, b: Candidate): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
