/** Tells the server what runs: a snapshot, then changes in numbered messages, each sent until it is taken. */
import { randomUUID } from 'node:crypto';
import {
  type AgentReport,
  AgentReportAnswer,
  type AgentTrust,
  PODS_PER_REPORT,
  type RunningPod,
} from '@pratique/contract';
import type { Logger } from 'pino';
import { backoffDelay, pause } from '../backoff.ts';
import { AgentError } from '../error.ts';
import type { Credentials, ServerClient } from '../server/client.ts';
import type { PodBook } from './pod-book.ts';

/** A burst of changes (a rollout) becomes one message. */
const GATHER_MS = 150;
/** Well before a report is due at the latest. */
const DUE_FACTOR = 0.5;
const FIRST_DUE_MS = 5000;

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

export type ReporterDeps = {
  book: PodBook;
  client: ServerClient;
  credentials: () => Credentials;
  /** The server no longer knows this agent. Resolves when it may be tried again. */
  onIdentityRefused: () => Promise<void>;
  /** By which authorities the server is checked here. */
  trust: () => AgentTrust;
  /** The server says that something of that is to change. */
  onTrustChange: (change: { authority?: string | undefined; renew?: boolean | undefined }) => Promise<void>;
  version: string;
  log: Logger;
};

export type Reporter = {
  /** Something changed: do not wait for the next report that is due. */
  wake(): void;
  run(signal: AbortSignal): Promise<void>;
};

export function createReporter(deps: ReporterDeps): Reporter {
  let generation = '';
  let sequence = 0;
  let dueMs = FIRST_DUE_MS;
  let awake = Promise.withResolvers<void>();

  const compose = (kind: AgentReport['kind'], pods: RunningPod[], ended: string[], last: boolean): AgentReport => ({
    version: deps.version,
    clock: new Date().toISOString(),
    generation,
    sequence: sequence++,
    kind,
    last,
    pods,
    ended,
  });

  /** Sends the very same message until the server has it: under one number there is never something else. */
  async function deliver(report: AgentReport, signal: AbortSignal): Promise<'taken' | 'resync'> {
    for (let failures = 0; ; failures++)
      try {
        const body = { ...report, clock: new Date().toISOString(), trust: deps.trust() };
        const answer = await deps.client.post('/agent/v1/report', body, deps.credentials(), AgentReportAnswer);
        dueMs = answer.nextWithin * 1000 * DUE_FACTOR;
        if (answer.authority !== undefined || answer.renew) await deps.onTrustChange(answer);
        return answer.outcome;
      } catch (error) {
        if (signal.aborted) throw error;
        deps.log.warn({ err: error, failures }, 'the server could not be told what runs; it is tried again');
        if (error instanceof AgentError && error.code === 'identity-refused') await deps.onIdentityRefused();
        // What it refuses as it stands it would refuse for ever.
        if (error instanceof AgentError && error.code === 'refused' && failures > 2) return 'resync';
        await pause(backoffDelay(failures), signal);
        if (signal.aborted) throw error;
      }
  }

  async function sendSnapshot(signal: AbortSignal): Promise<boolean> {
    generation = randomUUID();
    sequence = 0;
    const all = deps.book.takeAll();
    for (let from = 0; from === 0 || from < all.length; from += PODS_PER_REPORT) {
      const part = all.slice(from, from + PODS_PER_REPORT);
      const report = compose('snapshot', part, [], from + PODS_PER_REPORT >= all.length);
      if ((await deliver(report, signal)) === 'resync') return false;
    }
    deps.log.info({ pods: all.length }, 'the server knows what runs');
    return true;
  }

  async function sendChanges(signal: AbortSignal): Promise<boolean> {
    const { pods, ended } = deps.book.take(PODS_PER_REPORT);
    return (await deliver(compose('changes', pods, ended, false), signal)) === 'taken';
  }

  return {
    wake: () => awake.resolve(),
    async run(signal) {
      await Promise.race([deps.book.listed, aborted(signal)]);
      let isKnown = false;
      for (let refusals = 0; !signal.aborted; )
        try {
          if (!isKnown || deps.book.needsSnapshot()) isKnown = await sendSnapshot(signal);
          else isKnown = await sendChanges(signal);
          refusals = isKnown ? 0 : refusals + 1;
          if (!isKnown) await pause(backoffDelay(refusals), signal);
          else if (!deps.book.isDirty()) {
            awake = Promise.withResolvers<void>();
            const timeout = new AbortController();
            await Promise.race([awake.promise, pause(dueMs, AbortSignal.any([signal, timeout.signal]))]);
            timeout.abort();
            await pause(GATHER_MS, signal);
          }
        } catch (error) {
          if (!signal.aborted) throw error;
        }
    },
  };
}
