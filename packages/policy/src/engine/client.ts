/** What an engine offers to the rest: load a bundle, evaluate constraints, whichever process answers. */
import type { Bundle } from '../bundle.ts';
import { PolicyError } from '../error.ts';
import { MAX_FRAME } from './frames.ts';
import type { Answer, EngineRequest, EngineResult, Problem } from './messages.ts';
import type { Offenders } from './offenders.ts';

export type LoadOutcome = { outcome: 'loaded' } | { outcome: 'invalid'; problems: Problem[] };

export type Evaluation = {
  bundle: Bundle;
  target: string;
  /** Keys (`Kind/name`) of the constraints that match the review. */
  constraints: readonly string[];
  /** `input.review`; its JSON must stay below 16 MiB. */
  review: unknown;
  /** For the review as a whole, 1 to 5000; what does not fit into it is an error of its constraint. */
  timeoutMs: number;
  /** Scope of data.inventory; empty inventory without. */
  inventory?: string;
  /** Per constraint, 1 to 10000, 1000 by default; the rest is counted in one last violation. */
  maxViolations?: number;
};

export type EngineStatus = { bundles: string[]; scopes: string[]; evaluations: number; heapBytes: number };

export type PolicyEngine = {
  /** Compiles a bundle, in a process apart first where the engine is ours to start. @throws PolicyError `engine-unavailable` */
  load(bundle: Bundle): Promise<LoadOutcome>;
  /**
   * Results of the constraints that found something; a result with `error` counts as a violation.
   *
   * @throws PolicyError `bundle-invalid`, `review-too-large`, `engine-overrun`, `engine-crashed`, `engine-unavailable`; callers deny
   */
  evaluate(evaluation: Evaluation): Promise<EngineResult[]>;
  /** Sets what policies see as data.inventory under a scope; null forgets it. Kept across restarts of the engine. */
  setInventory(scope: string, document: Record<string, unknown> | null): Promise<void>;
  status(): Promise<EngineStatus>;
  close(): Promise<void>;
};

export type Call = (request: EngineRequest, encode: (id: number) => Buffer, limitMs: number) => Promise<Answer>;

export type ClientParts = {
  call: Call;
  /** Compiles a bundle nobody has compiled before where it can do no harm. */
  rehearse: (request: EngineRequest) => Promise<LoadOutcome>;
  offenders: Offenders;
  close: () => Promise<void>;
};

export const LOAD_MS = 10_000;
const MAX_KNOWN = 64;
const MAX_TRIES = 4;

/** Keeps what a new process must be told again. */
export class EngineClient implements PolicyEngine {
  private readonly parts: ClientParts;
  /** Bundles that compile, the most recently used one last. */
  private readonly known = new Map<string, EngineRequest>();
  private readonly loading = new Map<string, Promise<LoadOutcome>>();
  private readonly inventories = new Map<string, EngineRequest>();

  constructor(parts: ClientParts) {
    this.parts = parts;
  }

  async load(bundle: Bundle): Promise<LoadOutcome> {
    if (this.known.has(bundle.digest)) return { outcome: 'loaded' };
    const running = this.loading.get(bundle.digest);
    if (running) return running;
    const loading = this.loadFirst(bundle).finally(() => this.loading.delete(bundle.digest));
    this.loading.set(bundle.digest, loading);
    return loading;
  }

  async evaluate(evaluation: Evaluation): Promise<EngineResult[]> {
    const { bundle, inventory } = evaluation;
    const suspended = evaluation.constraints.filter((key) => this.parts.offenders.suspended(bundle.digest, key));
    const results = suspended.map((constraint) => ({
      constraint,
      violations: [],
      error: 'suspended for ten minutes: it brought the policy engine down three times',
    }));
    const constraints = evaluation.constraints.filter((key) => !suspended.includes(key));
    if (constraints.length === 0) return results;
    const loaded = await this.load(bundle);
    if (loaded.outcome === 'invalid')
      throw new PolicyError(
        'bundle-invalid',
        `the bundle ${bundle.digest} cannot be used: ${describeProblem(loaded.problems[0])}`,
      );
    this.touch(bundle.digest);
    const { target, timeoutMs, maxViolations } = evaluation;
    const encode = encoder({
      op: 'eval',
      bundle: bundle.digest,
      target,
      constraints,
      review: evaluation.review,
      timeoutMs,
      inventory,
      maxViolations,
    });
    // The message is written once; what the supervisor keeps need not hold the review a second time.
    const request: EngineRequest = {
      op: 'eval',
      bundle: bundle.digest,
      target,
      constraints,
      review: null,
      timeoutMs,
      inventory,
    };
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const answer = await this.parts.call(request, encode, Math.min(timeoutMs, 5000));
      if (!answer.error) return [...results, ...answer.results];
      const missing = this.remedy(answer.error.code, bundle.digest, inventory);
      if (!missing)
        throw new PolicyError('engine-protocol', `the policy engine refused a review: ${answer.error.message}`);
      await this.send(missing, LOAD_MS);
    }
    throw new PolicyError('engine-unavailable', 'the policy engine keeps losing the bundle; it holds too many');
  }

  async setInventory(scope: string, document: Record<string, unknown> | null): Promise<void> {
    const request: EngineRequest = { op: 'inventory', scope, document };
    const answer = await this.send(request, LOAD_MS);
    if (answer.error)
      throw new PolicyError('engine-protocol', `the inventory ${scope} was refused: ${answer.error.message}`);
    if (document === null) this.inventories.delete(scope);
    else this.inventories.set(scope, request);
  }

  async status(): Promise<EngineStatus> {
    const { bundles, scopes, evaluations, heapBytes } = await this.send({ op: 'status' }, LOAD_MS);
    return { bundles, scopes, evaluations, heapBytes };
  }

  close(): Promise<void> {
    return this.parts.close();
  }

  /** What a new process must hear before the requests that wait: their bundles and inventories. */
  prepare(waiting: readonly EngineRequest[]): EngineRequest[] {
    const evaluations = waiting.filter((request) => request.op === 'eval');
    const bundles = new Set(evaluations.map((request) => request.bundle));
    const scopes = new Set(evaluations.map((request) => request.inventory ?? ''));
    const of = (map: Map<string, EngineRequest>, keys: Set<string>) => [...keys].flatMap((key) => map.get(key) ?? []);
    return [...of(this.known, bundles), ...of(this.inventories, scopes)];
  }

  private async loadFirst(bundle: Bundle): Promise<LoadOutcome> {
    const request: EngineRequest = {
      op: 'load',
      bundle: bundle.digest,
      templates: bundle.templates.map(({ kind, target, version, rego, libs, schema }) => ({
        kind,
        target,
        version,
        rego,
        libs,
        schema,
      })),
      constraints: bundle.constraints.map(({ kind, name, parameters }) => ({ kind, name, parameters })),
    };
    const rehearsed = await this.parts.rehearse(request);
    if (rehearsed.outcome === 'invalid') return rehearsed;
    const outcome = loadOutcome(await this.send(request, LOAD_MS));
    if (outcome.outcome === 'invalid') return outcome;
    this.known.set(bundle.digest, request);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= MAX_KNOWN) break;
      this.known.delete(oldest);
    }
    return outcome;
  }

  private touch(digest: string): void {
    const request = this.known.get(digest);
    if (!request) return;
    this.known.delete(digest);
    this.known.set(digest, request);
  }

  private remedy(code: string, bundle: string, inventory: string | undefined): EngineRequest | undefined {
    if (code === 'bundle-unknown') return this.known.get(bundle);
    if (code === 'inventory-unknown') return this.inventories.get(inventory ?? '');
    return undefined;
  }

  private async send(request: EngineRequest, limitMs: number): Promise<Answer> {
    return this.parts.call(request, encoder(request), limitMs);
  }
}

/** Writes the body once; only the id differs between attempts. @throws PolicyError `review-too-large` */
function encoder(request: EngineRequest): (id: number) => Buffer {
  const body = JSON.stringify(request);
  if (Buffer.byteLength(body) > MAX_FRAME - 100)
    throw new PolicyError(
      'review-too-large',
      `a request of ${Buffer.byteLength(body)} bytes is larger than the policy engine takes (${MAX_FRAME})`,
    );
  return (id) => Buffer.from(`{"id":${id},${body.slice(1)}`);
}

export function loadOutcome(answer: Answer): LoadOutcome {
  if (!answer.error) return { outcome: 'loaded' };
  const { problems, message } = answer.error;
  return {
    outcome: 'invalid',
    problems:
      problems.length > 0
        ? problems
        : [{ template: '', constraint: '', source: 'bundle', line: 0, column: 0, message }],
  };
}

/** One sentence for people: `template K8sFoo, rego line 3: ...`. */
export function describeProblem(problem: Problem | undefined): string {
  if (!problem) return 'no reason was given';
  const where = [
    problem.template && `template ${problem.template}`,
    problem.constraint && `constraint ${problem.constraint}`,
  ]
    .filter(Boolean)
    .join(', ');
  const line = problem.line > 0 ? ` line ${problem.line}` : '';
  return `${where ? `${where}, ` : ''}${problem.source}${line}: ${problem.message}`;
}
