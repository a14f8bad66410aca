/** What can be done with a chain in the designer; each gives a new chain, and what is not given stays as it is. */
import type { ChainDefinition, Step, StepKind } from '@pratique/contract';

export const MAX_STEPS = 40;
const NAME = /^[a-z][a-z0-9-]{0,39}$/;

/** Kinds whose steps can deny. */
export const canDeny = (kind: StepKind): boolean => kind === 'gate' || kind === 'approval';

export type NameTrouble = 'malformed' | 'taken';

/** @returns null where the step `index` may have this name */
export function troubleOfName(chain: ChainDefinition, index: number, name: string): NameTrouble | null {
  if (!NAME.test(name)) return 'malformed';
  return chain.steps.some((step, other) => other !== index && step.name === name) ? 'taken' : null;
}

/** Whoever named the step names it anew. */
export function renameStep(chain: ChainDefinition, index: number, name: string): ChainDefinition {
  const old = chain.steps[index]?.name;
  const rename = (names: string[]): string[] => names.map((one) => (one === old ? name : one));
  return withSteps(chain, (step, at) => ({
    ...step,
    name: at === index ? name : step.name,
    needs: rename(step.needs),
    on_deny: rename(step.on_deny),
  }));
}

/** Of another kind, a step has other parameters, and perhaps nothing that it could deny. */
export function changeKind(chain: ChainDefinition, index: number, kind: StepKind): ChainDefinition {
  return withSteps(chain, (step, at) =>
    at === index ? { ...step, kind, with: {}, on_deny: canDeny(kind) ? step.on_deny : [] } : step,
  );
}

/** Adds or takes away one name, in the order of the chain's steps. */
export function joinStep(
  chain: ChainDefinition,
  index: number,
  by: 'needs' | 'on_deny',
  name: string,
  joined: boolean,
): ChainDefinition {
  return withSteps(chain, (step, at) => {
    if (at !== index) return step;
    const names = new Set(step[by]);
    if (joined) names.add(name);
    else names.delete(name);
    const known = chain.steps.map((one) => one.name);
    return {
      ...step,
      [by]: [...known.filter((one) => names.has(one)), ...[...names].filter((one) => !known.includes(one))],
    };
  });
}

/** @param value undefined: what is usual without it */
export function setParameter(chain: ChainDefinition, index: number, key: string, value: unknown): ChainDefinition {
  return withSteps(chain, (step, at) => {
    if (at !== index) return step;
    const { [key]: _, ...others } = step.with;
    return { ...step, with: value === undefined ? others : { ...step.with, [key]: value } };
  });
}

export function setRepositories(chain: ChainDefinition, repositories: string[]): ChainDefinition {
  return { ...chain, repositories };
}

/**
 * A new step after the one that `after` names: for a repair in the branch of the nearest gate, since it mends what was
 * denied; else as what needs that step.
 */
export function addStep(
  chain: ChainDefinition,
  kind: StepKind,
  after: string | null,
): { chain: ChainDefinition; name: string } {
  const name = freeName(chain, kind);
  const place = chain.steps.findIndex((step) => step.name === after);
  const denying =
    kind === 'repair'
      ? (chain.steps.find((step) => step.name === after && step.kind === 'gate') ?? firstGate(chain))
      : undefined;
  const needs = denying || place === -1 || after === null ? [] : [after];
  const step: Step = { name, kind, needs, on_deny: [], with: {} };
  const joined = denying
    ? withSteps(chain, (one) => (one === denying ? { ...one, on_deny: [...one.on_deny, name] } : one))
    : chain;
  const steps = joined.steps.toSpliced(place === -1 ? joined.steps.length : place + 1, 0, step);
  return { chain: { ...joined, steps }, name };
}

const firstGate = (chain: ChainDefinition): Step | undefined => chain.steps.find((step) => step.kind === 'gate');

/** What needed the step needs what it needed. */
export function removeStep(chain: ChainDefinition, index: number): ChainDefinition {
  const gone = chain.steps[index];
  if (!gone) return chain;
  const steps = chain.steps
    .filter((step) => step !== gone)
    .map((step) => ({
      ...step,
      needs: [...new Set(step.needs.flatMap((need) => (need === gone.name ? gone.needs : [need])))],
      on_deny: step.on_deny.filter((branch) => branch !== gone.name),
    }));
  return { ...chain, steps };
}

/** Steps that wait for `name`, directly or not; needing one of them would be a circle. */
export function waitingFor(chain: ChainDefinition, name: string): Set<string> {
  const waiting = new Set<string>();
  const look = (before: string): void => {
    for (const step of chain.steps) {
      const follows = step.needs.includes(before);
      const branches = chain.steps.find((one) => one.name === before)?.on_deny.includes(step.name) ?? false;
      if ((!follows && !branches) || waiting.has(step.name)) continue;
      waiting.add(step.name);
      look(step.name);
    }
  };
  look(name);
  return waiting;
}

/** What stands in the text: nothing that is empty. */
export function tidyChain({ name, repositories, steps }: ChainDefinition): Record<string, unknown> {
  return {
    name,
    repositories,
    steps: steps.map((step) => ({
      name: step.name,
      kind: step.kind,
      needs: step.needs.length > 0 ? step.needs : undefined,
      on_deny: step.on_deny.length > 0 ? step.on_deny : undefined,
      with: Object.keys(step.with).length > 0 ? step.with : undefined,
    })),
  };
}

function freeName(chain: ChainDefinition, kind: StepKind): string {
  const names = new Set(chain.steps.map((step) => step.name));
  for (let number = 1; ; number++) {
    const name = number === 1 ? kind : `${kind}-${number}`;
    if (!names.has(name)) return name;
  }
}

function withSteps(chain: ChainDefinition, change: (step: Step, index: number) => Step): ChainDefinition {
  return { ...chain, steps: chain.steps.map((step, index) => change(step, index)) };
}
