/** Checks a chain definition beyond its shape: names, cycles, and that nothing reaches a cluster ungated. */
import { ChainDefinition } from '@pratique/contract';
import { PolicyError, readYaml } from '@pratique/policy';
import { ServerError } from '../error.ts';
import { STEP_PARAMETERS } from './step-parameters.ts';

const MAX_BYTES = 100_000;

/**
 * @param definition an object, or YAML text of at most 100 kB
 * @throws ServerError `invalid`, one sentence that names the step
 */
export function validateChain(definition: unknown): ChainDefinition {
  const value = typeof definition === 'string' ? parseYaml(definition) : definition;
  const parsed = ChainDefinition.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ServerError(
      'invalid',
      `the chain is invalid at ${issue?.path.join('.') || 'its root'}: ${issue?.message}`,
    );
  }
  const chain = parsed.data;
  if (JSON.stringify(chain).length > MAX_BYTES) throw new ServerError('invalid', 'the chain has more than 100 kB');
  const byName = new Map(chain.steps.map((step) => [step.name, step]));
  if (byName.size !== chain.steps.length) throw new ServerError('invalid', 'two steps have the same name');
  for (const step of chain.steps)
    for (const name of [...step.needs, ...step.on_deny])
      if (!byName.has(name)) throw new ServerError('invalid', `the step ${step.name} names ${name}, which is no step`);
  refuseCycle(chain, byName);
  const gated = new Map<string, boolean>();
  for (const step of chain.steps) {
    refuseParameters(step);
    if (step.on_deny.length > 0 && step.kind !== 'gate' && step.kind !== 'approval')
      throw new ServerError('invalid', `the step ${step.name} has on_deny, but only gate and approval can deny`);
    if (
      step.kind === 'repair' &&
      !chain.steps.some((other) => other.kind === 'gate' && other.on_deny.includes(step.name))
    )
      throw new ServerError(
        'invalid',
        `the step ${step.name} repairs what was denied: name it in the on_deny of a gate`,
      );
    if ((step.kind === 'sign' || step.kind === 'deliver') && !comesAfterGate(step.name, byName, gated))
      throw new ServerError(
        'invalid',
        `the step ${step.name} must need a gate, directly or through other steps: what no gate has allowed is neither signed nor delivered`,
      );
  }
  return chain;
}

function parseYaml(text: string): unknown {
  if (text.length > MAX_BYTES) throw new ServerError('invalid', 'the chain has more than 100 kB');
  try {
    const documents = readYaml(text, 'the chain');
    if (documents.length > 1) throw new ServerError('invalid', 'the chain has more than one YAML document');
    return documents[0];
  } catch (error) {
    if (error instanceof PolicyError) throw new ServerError('invalid', error.message.split('\n')[0] ?? '');
    throw error;
  }
}

/** Without this a misspelt parameter would fail every run instead of the one definition. */
function refuseParameters(step: ChainDefinition['steps'][number]): void {
  const parsed = STEP_PARAMETERS[step.kind].safeParse(step.with);
  const issue = parsed.success ? null : parsed.error.issues[0];
  if (issue)
    throw new ServerError(
      'invalid',
      `the step ${step.name} is invalid at with.${issue.path.join('.')}: ${issue.message}`,
    );
}

type Steps = Map<string, ChainDefinition['steps'][number]>;

function refuseCycle(chain: ChainDefinition, byName: Steps): void {
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string): void => {
    if (state.get(name) === 'done') return;
    if (state.get(name) === 'open') throw new ServerError('invalid', `the step ${name} waits for itself`);
    state.set(name, 'open');
    for (const next of byName.get(name)?.needs ?? []) visit(next);
    for (const step of chain.steps) if (step.on_deny.includes(name)) visit(step.name);
    state.set(name, 'done');
  };
  for (const step of chain.steps) visit(step.name);
}

/** @param known answers so far: without them, steps that all need each other's needs would be walked exponentially often */
function comesAfterGate(name: string, byName: Steps, known: Map<string, boolean>): boolean {
  const before = known.get(name);
  if (before !== undefined) return before;
  const needs = byName.get(name)?.needs ?? [];
  const answer = needs.some((need) => byName.get(need)?.kind === 'gate' || comesAfterGate(need, byName, known));
  known.set(name, answer);
  return answer;
}
