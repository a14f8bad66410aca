/** Decides what is upgraded: the smallest change in which everything that held still holds. For families other than dpkg's. */
import type { RepairLeft, RepairLeftReason } from '@pratique/contract';
import type { Lookup, Need, Relation, Unit } from './unit.ts';

/** What may be done with a package that the image has. */
export type Slot<U extends Unit> = {
  present: U;
  /** The version that its own tool would take; null where none is newer or nothing may be done. */
  candidate: U | null;
  /** Whether an upgrade is wanted for its own sake, not only where another needs it. */
  wanted: boolean;
};

export type Left = Omit<RepairLeft, 'reason'> & { reason: RepairLeftReason };

export type UnitPlan<U extends Unit> = {
  upgrades: Map<Slot<U>, U>;
  added: U[];
  /** What goes because another stands for it. */
  replaced: Map<Slot<U>, U>;
  left: Left[];
};

export type Offers<U extends Unit> = {
  /** Packages on offer that meet a relation, the best first. */
  satisfying(relation: Relation): readonly U[];
};

type State<U extends Unit> = { upgrades: Map<Slot<U>, U>; added: Map<string, U>; replaced: Map<Slot<U>, U> };
type Trouble =
  | { kind: 'missing'; by: Unit; need: Need }
  | { kind: 'clash'; by: Unit; others: readonly Unit[]; relation: Relation };

const STAYS = ' stays as it is: ';
const MAX_ROUNDS = 10_000;
const MAX_STEPS = 20_000;
const MAX_ADDED = 100;

/**
 * Takes every wanted upgrade and what it needs: newer versions of what is there, and packages that are not there yet.
 * Nothing is removed but what an upgrade stands for (Obsoletes); an upgrade that cannot be had that way is left, with what
 * stands against it. What did not hold before need not hold afterwards.
 *
 * @param refused packages that must not be touched, with the reason, by name
 */
export function planUnits<U extends Unit>(
  slots: readonly Slot<U>[],
  offers: Offers<U>,
  refused: ReadonlyMap<string, Left>,
): UnitPlan<U> {
  const left = new Map<string, Left>(refused);
  const givers = new Givers();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const state: State<U> = { upgrades: new Map(), added: new Map(), replaced: new Map() };
    for (const slot of slots) {
      const { present, candidate, wanted } = slot;
      if (!wanted || !candidate || left.has(present.name) || left.has(candidate.name)) continue;
      // A package of another name that stands for this one is added, and this one goes.
      if (candidate.name === present.name) state.upgrades.set(slot, candidate);
      else state.added.set(candidate.name, candidate);
    }
    const obstacle = settle(state, slots, offers, left, givers);
    if (!obstacle)
      return {
        upgrades: state.upgrades,
        added: [...state.added.values()],
        replaced: state.replaced,
        left: [...left.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
      };
    const slot = slots.find(
      ({ present, candidate }) => present.name === obstacle.by || candidate?.name === obstacle.by,
    );
    left.set(obstacle.by, {
      name: slot?.present.name ?? obstacle.by,
      version: slot?.present.version ?? '',
      candidate: slot?.candidate?.version ?? null,
      reason: obstacle.reason,
      detail: obstacle.detail,
    });
  }
  throw new Error('the plan does not come to an end');
}

type Obstacle = { by: string; reason: RepairLeftReason; detail: string };

function settle<U extends Unit>(
  state: State<U>,
  slots: readonly Slot<U>[],
  offers: Offers<U>,
  left: ReadonlyMap<string, Left>,
  givers: Givers,
): Obstacle | null {
  const byName = new Map<string, Slot<U>[]>();
  for (const slot of slots) byName.set(slot.present.name, [...(byName.get(slot.present.name) ?? []), slot]);
  const before = givers.view(slots.map(({ present }) => present));
  for (let step = 0; step < MAX_STEPS; step++) {
    replaceObsolete(state, slots);
    const kept = slots.filter((slot) => !state.replaced.has(slot));
    const now = givers.view([...kept.map((slot) => state.upgrades.get(slot) ?? slot.present), ...state.added.values()]);
    const trouble = firstTrouble(now, before, state, slots);
    if (!trouble) return null;
    const fixed =
      trouble.kind === 'missing'
        ? satisfy(state, trouble.need, byName, offers, left) || raise(state, [trouble.by.name], byName, left)
        : raise(
            state,
            trouble.others.map(({ name }) => name),
            byName,
            left,
          );
    if (!fixed) return blame(trouble, state, left);
  }
  throw new Error('the plan does not come to an end');
}

/** Packages that an upgrade or an added one stands for go. */
function replaceObsolete<U extends Unit>(state: State<U>, slots: readonly Slot<U>[]): void {
  state.replaced.clear();
  for (const unit of [...state.upgrades.values(), ...state.added.values()])
    for (const relation of unit.obsoletes)
      for (const slot of slots) {
        const { name, version } = slot.present;
        if (name === unit.name || name !== relation.name || !relation.admits({ name, version })) continue;
        state.replaced.set(slot, unit);
        state.upgrades.delete(slot);
      }
}

type View = { all: readonly Unit[]; lookup: Lookup };

/** Who gives which name, over all packages that were ever thought of: packages have many files, and each is read once. */
class Givers {
  readonly #named = new Map<string, { unit: Unit; at: number }[]>();
  readonly #known = new Set<Unit>();

  /** The packages of one moment. */
  view(all: readonly Unit[]): View {
    for (const unit of all) this.#add(unit);
    const present = new Set(all);
    const lookup: Lookup = (relation) => {
      const found = new Set<Unit>();
      for (const { unit, at } of this.#named.get(relation.name) ?? []) {
        const provided = unit.provides[at];
        if (provided !== undefined && present.has(unit) && relation.admits(provided)) found.add(unit);
      }
      return [...found];
    };
    return { all, lookup };
  }

  #add(unit: Unit): void {
    if (this.#known.has(unit)) return;
    this.#known.add(unit);
    for (const [at, { name }] of unit.provides.entries()) {
      const list = this.#named.get(name);
      if (list) list.push({ unit, at });
      else this.#named.set(name, [{ unit, at }]);
    }
  }
}

function firstTrouble<U extends Unit>(
  now: View,
  before: View,
  state: State<U>,
  slots: readonly Slot<U>[],
): Trouble | null {
  const changed = new Set<Unit>([...state.upgrades.values(), ...state.added.values()]);
  const old = new Map<Unit, Unit>(
    slots.flatMap((slot) => {
      const unit = state.upgrades.get(slot);
      return unit ? [[unit, slot.present] as const] : [];
    }),
  );
  for (const unit of now.all) {
    for (const need of unit.needs) {
      if (need.isMet(now.lookup)) continue;
      // Broken before by the same words: not of our making, and not made worse.
      const was = changed.has(unit) ? old.get(unit) : unit;
      if (was?.needs.some(({ text }) => text === need.text) && !need.isMet(before.lookup)) continue;
      return { kind: 'missing', by: unit, need };
    }
    for (const relation of unit.conflicts) {
      const others = now.lookup(relation).filter((other) => other !== unit && other.name !== unit.name);
      if (others.length === 0 || (!changed.has(unit) && others.every((other) => !changed.has(other)))) continue;
      const known = new Set(before.lookup(relation).map(({ name }) => name));
      const stood = (changed.has(unit) ? old.get(unit) : unit)?.conflicts.some(({ name }) => name === relation.name);
      const fresh = others.filter((other) => !stood || !known.has(other.name));
      if (fresh.length > 0) return { kind: 'clash', by: unit, others: fresh, relation };
    }
  }
  return null;
}

/** A newer version of what is there, else a package that is not there yet. */
function satisfy<U extends Unit>(
  state: State<U>,
  need: Need,
  byName: Map<string, Slot<U>[]>,
  offers: Offers<U>,
  left: ReadonlyMap<string, Left>,
): boolean {
  const options = need.relations.flatMap((relation) => offers.satisfying(relation));
  for (const option of options)
    for (const slot of byName.get(option.name) ?? []) {
      if (slot.candidate !== option || left.has(option.name) || state.upgrades.has(slot)) continue;
      state.upgrades.set(slot, option);
      return true;
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
function raise<U extends Unit>(
  state: State<U>,
  names: readonly string[],
  byName: Map<string, Slot<U>[]>,
  left: ReadonlyMap<string, Left>,
): boolean {
  for (const name of names)
    for (const slot of byName.get(name) ?? []) {
      const { candidate } = slot;
      if (!candidate || candidate.name !== name || left.has(name) || state.upgrades.has(slot)) continue;
      state.upgrades.set(slot, candidate);
      return true;
    }
  return false;
}

/** Which upgrade has to be given up: the one whose need or presence the trouble is, else one that took away what was there. */
function blame<U extends Unit>(trouble: Trouble, state: State<U>, left: ReadonlyMap<string, Left>): Obstacle {
  const changed = new Set([...state.upgrades.values(), ...state.added.values()].map(({ name }) => name));
  const because = (name: string): string => {
    const known = left.get(name);
    if (!known) return '';
    // The first cause suffices: the chain that leads there is in the other entries.
    const at = known.detail.lastIndexOf(STAYS);
    return at < 0 ? `; ${name}${STAYS}${known.detail}` : known.detail.slice(known.detail.lastIndexOf('; ', at));
  };
  const by = trouble.by.name;
  if (trouble.kind === 'missing') {
    const names = trouble.need.relations.map(({ name }) => name);
    const what = `${by} needs ${trouble.need.text}`;
    const reasons = [...new Set(names.map(because))].join('');
    if (changed.has(by)) return { by, reason: 'not-offered', detail: `${what}, which is not to be had${reasons}` };
    const gave = (unit: Unit) => unit.provides.some(({ name }) => names.includes(name));
    const culprit =
      [...state.upgrades].find(([{ present }]) => gave(present))?.[1].name ??
      [...state.replaced].find(([{ present }]) => gave(present))?.[1].name ??
      [...changed][0] ??
      by;
    return { by: culprit, reason: 'would-remove', detail: `${what} as it is, and would have to go${because(by)}` };
  }
  const others = trouble.others.map(({ name }) => name);
  const culprit = changed.has(by) ? by : (others.find((name) => changed.has(name)) ?? by);
  const reasons = [by, ...others].map(because).join('');
  return { by: culprit, reason: 'conflict', detail: `${by} conflicts with ${others.join(', ')}${reasons}` };
}
