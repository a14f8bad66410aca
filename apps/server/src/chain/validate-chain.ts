/** Checks a chain definition beyond its shape: names, cycles, and that nothing reaches a cluster ungated. */
import { ChainDefinition, type ChainValidation } from '@pratique/contract';
import { PolicyError, readYaml } from '@pratique/policy';
import { ServerError } from '../error.ts';
import { STEP_PARAMETERS } from './step-parameters.ts';

const MAX_BYTES = 100_000;

/**
 * @param definition an object, or YAML text of at most 100 kB
 * @throws ServerError `invalid`, one sentence that names the step, which `details.step` names as well where it is known
 */
export function validateChain(definition: unknown): ChainDefinition {
  const chain = readChain(definition);
  checkChain(chain);
  return chain;
}

/** The same as an answer: what is invalid, at which step, and the chain nevertheless where it has the shape of one. */
export function examineChain(definition: unknown): ChainValidation {
  let shaped: ChainDefinition | null = null;
  try {
    shaped = readChain(definition);
    checkChain(shaped);
    return { valid: true, definition: shaped };
  } catch (error) {
    if (!(error instanceof ServerError) || error.code !== 'invalid') throw error;
    const { step } = error.details;
    return { valid: false, error: error.message, step: typeof step === 'string' ? step : null, definition: shaped };
  }
}

function invalid(message: string, step?: string): ServerError {
  return new ServerError('invalid', message, step === undefined ? {} : { details: { step } });
}

function readChain(definition: unknown): ChainDefinition {
  const value = typeof definition === 'string' ? parseYaml(definition) : definition;
  const parsed = ChainDefinition.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(
      `the chain is invalid at ${issue?.path.join('.') || 'its root'}: ${issue?.message}`,
      stepNamedAt(value, issue?.path ?? []),
    );
  }
  if (JSON.stringify(parsed.data).length > MAX_BYTES) throw invalid('the chain has more than 100 kB');
  return parsed.data;
}

/** Of `steps.3.kind`: the name of the fourth step, if it has one. */
function stepNamedAt(value: unknown, path: readonly PropertyKey[]): string | undefined {
  const [key, index] = path;
  const steps = key === 'steps' && typeof value === 'object' && value !== null && 'steps' in value ? value.steps : null;
  const step: unknown = Array.isArray(steps) && typeof index === 'number' ? steps[index] : null;
  if (typeof step !== 'object' || step === null || !('name' in step)) return undefined;
  return typeof step.name === 'string' ? step.name.slice(0, 100) : undefined;
}

function checkChain(chain: ChainDefinition): void {
  const byName = new Map(chain.steps.map((step) => [step.name, step]));
  const twice = chain.steps.find((step) => byName.get(step.name) !== step);
  if (twice) throw invalid(`two steps have the same name, ${twice.name}`, twice.name);
  for (const step of chain.steps)
    for (const name of [...step.needs, ...step.on_deny])
      if (!byName.has(name)) throw invalid(`the step ${step.name} names ${name}, which is no step`, step.name);
  refuseCycle(chain, byName);
  const gated = new Map<string, boolean>();
  for (const step of chain.steps) {
    refuseParameters(step);
    if (step.on_deny.length > 0 && step.kind !== 'gate' && step.kind !== 'approval')
      throw invalid(`the step ${step.name} has on_deny, but only gate and approval can deny`, step.name);
    if (
      step.kind === 'repair' &&
      !chain.steps.some((other) => other.kind === 'gate' && other.on_deny.includes(step.name))
    )
      throw invalid(`the step ${step.name} repairs what was denied: name it in the on_deny of a gate`, step.name);
    if ((step.kind === 'sign' || step.kind === 'deliver') && !comesAfterGate(step.name, byName, gated))
      throw invalid(
        `the step ${step.name} must need a gate, directly or through other steps: what no gate has allowed is neither signed nor delivered`,
        step.name,
      );
  }
}

function parseYaml(text: string): unknown {
  if (text.length > MAX_BYTES) throw invalid('the chain has more than 100 kB');
  try {
    const documents = readYaml(text, 'the chain');
    if (documents.length > 1) throw invalid('the chain has more than one YAML document');
    return documents[0];
  } catch (error) {
    if (error instanceof PolicyError) throw invalid(error.message.split('\n')[0] ?? '');
    throw error;
  }
}

/** Without this a misspelt parameter would fail every run instead of the one definition. */
function refuseParameters(step: ChainDefinition['steps'][number]): void {
  const parsed = STEP_PARAMETERS[step.kind].safeParse(step.with);
  const issue = parsed.success ? null : parsed.error.issues[0];
  if (issue)
    throw invalid(`the step ${step.name} is invalid at with.${issue.path.join('.')}: ${issue.message}`, step.name);
}

type Steps = Map<string, ChainDefinition['steps'][number]>;

function refuseCycle(chain: ChainDefinition, byName: Steps): void {
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string): void => {
    if (state.get(name) === 'done') return;
    if (state.get(name) === 'open') throw invalid(`the step ${name} waits for itself`, name);
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
