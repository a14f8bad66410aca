/** Decides what is upgraded: the smallest change in which every dependency that held still holds. */
import type { RepairLeft, RepairLeftReason } from '@pratique/contract';
import type { Candidate } from '../../archive/packages.ts';
import { formatRelation, parseRelations, type Relation } from '../../control/relations.ts';
import { matches, type Universe } from '../../resolve/universe.ts';
import { compareVersions } from '../../version.ts';
import type { Present } from './database.ts';

/** What may be done with a package that the image has. */
export type Choice = {
  present: Present;
  /** The version that apt would take; null where none is newer or nothing may be done. */
  candidate: Candidate | null;
  /** Whether an upgrade is wanted for its own sake, not only where another needs it. */
  wanted: boolean;
};

export type Plan = { upgrades: Map<Present, Candidate>; added: Candidate[]; left: Left[] };
export type Left = Omit<RepairLeft, 'reason'> & { reason: RepairLeftReason };

type State = { upgrades: Map<Present, Candidate>; added: Map<string, Candidate> };
/** `by` is the upgrade that cannot be, since nothing helps. */
type Obstacle = { by: string; reason: RepairLeftReason; detail: string };

const STAYS = ' stays as it is: ';
const MAX_ROUNDS = 10_000;
const MAX_ADDED = 100;

/**
 * Takes every wanted upgrade and what it needs: newer versions of what is there, and packages that are not there yet.
 * Nothing is removed and nothing else changes, as `apt-get dist-upgrade` does where nothing has to go; an upgrade that
 * cannot be had that way is left, with what stands against it. What did not hold before need not hold afterwards.
 *
 * @param refused packages that must not be touched, with the reason, by name
 */
export function planUpgrades(choices: Choice[], universe: Universe, refused: ReadonlyMap<string, Left>): Plan {
  const left = new Map<string, Left>(refused);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const state: State = { upgrades: new Map(), added: new Map() };
    for (const { present, candidate, wanted } of choices)
      if (wanted && candidate && !left.has(present.installed.candidate.name)) state.upgrades.set(present, candidate);
    const obstacle = close(state, choices, universe, left);
    if (!obstacle)
      return {
        upgrades: state.upgrades,
        added: [...state.added.values()],
        left: [...left.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
      };
    const choice = choices.find(({ present }) => present.installed.candidate.name === obstacle.by);
    left.set(obstacle.by, {
      name: obstacle.by,
      version: choice?.present.installed.candidate.version ?? '',
      candidate: choice?.candidate?.version ?? null,
      reason: obstacle.reason,
      detail: obstacle.detail,
    });
  }
  throw new Error('the plan does not come to an end');
}

/** Adds what the upgrades need until nothing is missing. @returns what cannot be helped */
function close(state: State, choices: Choice[], universe: Universe, left: ReadonlyMap<string, Left>): Obstacle | null {
  const byName = new Map<string, Choice[]>();
  for (const choice of choices) {
    const { name } = choice.present.installed.candidate;
    byName.set(name, [...(byName.get(name) ?? []), choice]);
  }
  const before = new View(choices.map(({ present }) => present.installed.candidate));
  for (;;) {
    const now = new View([
      ...choices.map(({ present }) => state.upgrades.get(present) ?? present.installed.candidate),
      ...state.added.values(),
    ]);
    const trouble = firstTrouble(now, before, state, choices);
    if (!trouble) return null;
    const fixed =
      trouble.kind === 'missing'
        ? satisfy(state, trouble.group, byName, universe, left) || raise(state, [trouble.by], byName, left)
        : raise(state, trouble.others, byName, left);
    if (fixed) continue;
    const what =
      trouble.kind === 'missing'
        ? `${trouble.by} needs ${trouble.group.map(formatRelation).join(' | ')}`
        : `${trouble.by} ${trouble.field} with ${trouble.others.join(', ')}`;
    return blame(trouble, what, state, left);
  }
}

type Trouble =
  /** `candidate` is the package whose need is not met. */
  | { kind: 'missing'; by: string; candidate: Candidate; group: Relation[] }
  | { kind: 'clash'; by: string; candidate: Candidate; field: string; others: string[] };

/** Packages of one moment, searched by name and by what they provide. */
class View {
  readonly all: Candidate[];
  readonly #named = new Map<string, Candidate[]>();

  constructor(all: Candidate[]) {
    this.all = all;
    for (const candidate of all) {
      const names = [candidate.name, ...provides(candidate)];
      for (const name of new Set(names)) {
        const list = this.#named.get(name);
        if (list) list.push(candidate);
        else this.#named.set(name, [candidate]);
      }
    }
  }

  meeting(relation: Relation): Candidate[] {
    return (this.#named.get(relation.name) ?? []).filter((candidate) => matches(candidate, relation));
  }

  isMet(group: Relation[]): boolean {
    return group.some((relation) => this.meeting(relation).length > 0);
  }
}

const relationCache = new WeakMap<Candidate, Map<string, Relation[][]>>();

function relationsOf(candidate: Candidate, field: string): Relation[][] {
  const known = relationCache.get(candidate) ?? new Map<string, Relation[][]>();
  relationCache.set(candidate, known);
  const found = known.get(field) ?? parseRelations(candidate.stanza.get(field), `${candidate.name}'s ${field}`);
  known.set(field, found);
  return found;
}

function provides(candidate: Candidate): string[] {
  return relationsOf(candidate, 'provides').flatMap((group) => group.map(({ name }) => name));
}

function firstTrouble(now: View, before: View, state: State, choices: Choice[]): Trouble | null {
  const changed = new Set<Candidate>([...state.upgrades.values(), ...state.added.values()]);
  const old = new Map(choices.map(({ present }) => [state.upgrades.get(present), present.installed.candidate]));
  for (const candidate of now.all) {
    for (const field of ['pre-depends', 'depends']) {
      for (const group of relationsOf(candidate, field)) {
        if (now.isMet(group)) continue;
        // Broken before by the same words: not of our making, and not made worse.
        const was = changed.has(candidate) ? (old.get(candidate) ?? null) : candidate;
        const same = was && relationsOf(was, field).some((other) => text(other) === text(group));
        if (same && !before.isMet(group)) continue;
        return { kind: 'missing', by: candidate.name, candidate, group };
      }
    }
    for (const field of ['conflicts', 'breaks']) {
      for (const [relation] of relationsOf(candidate, field)) {
        if (!relation) continue;
        const others = now.meeting(relation).filter((other) => other.name !== candidate.name);
        if (others.length === 0 || (!changed.has(candidate) && others.every((other) => !changed.has(other)))) continue;
        const known = before.meeting(relation).map(({ name }) => name);
        const was = changed.has(candidate) ? (old.get(candidate) ?? null) : candidate;
        const stood = was && relationsOf(was, field).some(([other]) => other && text([other]) === text([relation]));
        const fresh = others.filter((other) => !stood || !known.includes(other.name));
        if (fresh.length > 0)
          return { kind: 'clash', by: candidate.name, candidate, field, others: fresh.map(({ name }) => name) };
      }
    }
  }
  return null;
}

const text = (group: Relation[]): string => group.map(formatRelation).join('|');

/** A newer version of what is there, else a package that is not there yet. */
function satisfy(
  state: State,
  group: Relation[],
  byName: Map<string, Choice[]>,
  universe: Universe,
  left: ReadonlyMap<string, Left>,
): boolean {
  const options = group.flatMap((relation) => universe.satisfying(relation));
  for (const option of options) {
    for (const { present, candidate } of byName.get(option.name) ?? []) {
      const usable = candidate && !left.has(option.name) && !state.upgrades.has(present);
      if (usable && group.some((relation) => matches(candidate, relation))) {
        state.upgrades.set(present, candidate);
        return true;
      }
    }
  }
  for (const option of options) {
    if (byName.has(option.name) || state.added.has(option.name) || left.has(option.name)) continue;
    if (state.added.size >= MAX_ADDED) return false;
    state.added.set(option.name, option);
    return true;
  }
  return false;
}

/** Upgrades those that are in the way, if newer versions might not be. */
function raise(state: State, names: string[], byName: Map<string, Choice[]>, left: ReadonlyMap<string, Left>): boolean {
  for (const name of names) {
    for (const { present, candidate } of byName.get(name) ?? []) {
      if (!candidate || left.has(name) || state.upgrades.has(present)) continue;
      state.upgrades.set(present, candidate);
      return true;
    }
  }
  return false;
}

/** Which upgrade has to be given up: the one whose need or presence the trouble is, else one that took away what was there. */
function blame(trouble: Trouble, what: string, state: State, left: ReadonlyMap<string, Left>): Obstacle {
  const upgraded = new Set([...state.upgrades.values()].map(({ name }) => name));
  const because = (name: string): string => {
    const known = left.get(name);
    if (!known) return '';
    // The first cause suffices: the chain that leads there is in the other entries.
    const at = known.detail.lastIndexOf(STAYS);
    return at < 0 ? `; ${name}${STAYS}${known.detail}` : known.detail.slice(known.detail.lastIndexOf('; ', at));
  };
  if (trouble.kind === 'missing') {
    const names = trouble.group.map(({ name }) => name);
    const reason = names.map(because).join('');
    if (upgraded.has(trouble.by) || state.added.has(trouble.by))
      return { by: trouble.by, reason: 'not-offered', detail: `${what}, which is not to be had${reason}` };
    // An upgrade took away what a package that stays needs; it is one of those that the need speaks of, or provided it.
    const culprit =
      names.find((name) => upgraded.has(name)) ??
      [...state.upgrades].find(([present]) =>
        provides(present.installed.candidate).some((name) => names.includes(name)),
      )?.[1].name ??
      [...upgraded][0] ??
      trouble.by;
    return {
      by: culprit,
      reason: 'would-remove',
      detail: `${what} as it is, and would have to go${because(trouble.by)}`,
    };
  }
  const by = upgraded.has(trouble.by) || state.added.has(trouble.by) ? trouble.by : undefined;
  const other = trouble.others.find((name) => upgraded.has(name) || state.added.has(name));
  const reasons = [trouble.by, ...trouble.others].map(because).join('');
  return { by: by ?? other ?? trouble.by, reason: 'conflict', detail: `${what}${reasons}` };
}

/** Whether a version is an upgrade. */
export const isNewer = (candidate: Candidate, present: Present): boolean =>
  compareVersions(candidate.version, present.installed.candidate.version) > 0;
