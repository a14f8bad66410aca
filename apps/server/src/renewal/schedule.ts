/** Keeps verdicts alive in the background: a few at a time, and never more than half of the time. */
import type { Logger } from 'pino';
import { asSystem } from '../db/connect.ts';
import { type Rules, readRules } from '../gate/rules.ts';
import { claimDue, type DueVerdict, noteFailure } from './claim-due.ts';
import { type Looked, type RenewalDeps, renewVerdicts } from './renew-verdicts.ts';
import { tellWhatEnds } from './tell-what-ends.ts';

/** How many are claimed at once; how many of one account are read and written together; how many such groups at a time. */
const BATCH = 64;
const TOGETHER = 16;
const PARALLEL = 4;
const IDLE_MS = 1000;
const TELL_EVERY_MS = 5000;

export type Renewals = { stop(): Promise<void> };

export function scheduleRenewals(deps: RenewalDeps, log: Logger): Renewals {
  let stopped = false;
  let wake: () => void = () => {};
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const loop = (async () => {
    let toldAt = 0;
    while (!stopped) {
      const started = performance.now();
      let found = 0;
      try {
        if (started - toldAt > TELL_EVERY_MS || toldAt === 0) {
          toldAt = (await asSystem(deps.db, tellWhatEnds)) ? 0 : started;
        }
        found = await renewDue(deps, log);
      } catch (error) {
        log.warn({ err: error }, 'verdicts that are due could not be looked at; it is tried again');
      }
      // As long a pause as the work took: the rest of the machine is for those who wait.
      await pause(found > 0 ? Math.max(10, performance.now() - started) : IDLE_MS);
    }
  })();

  return {
    async stop() {
      stopped = true;
      wake();
      await loop;
    },
  };
}

/** Looks at the verdicts that have been due longest. @returns how many there were */
export async function renewDue(deps: RenewalDeps, log: Logger, limit = BATCH): Promise<number> {
  const due = await asSystem(deps.db, (tx) => claimDue(tx, limit));
  const rules = new Map<string, Promise<Rules>>();
  const rulesOf = (accountId: string): Promise<Rules> => {
    const known = rules.get(accountId) ?? asSystem(deps.db, (tx) => readRules(tx, accountId, deps));
    rules.set(accountId, known);
    return known;
  };
  const queue = groupsOf(due);
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await renewGroup(deps, log, rulesOf, next);
    }),
  );
  return due.length;
}

type Group = { accountId: string; verdicts: DueVerdict[] };

function groupsOf(due: readonly DueVerdict[]): Group[] {
  const groups: Group[] = [];
  for (const [accountId, all] of Map.groupBy(due, (verdict) => verdict.repository.accountId))
    for (let from = 0; from < all.length; from += TOGETHER)
      groups.push({ accountId, verdicts: all.slice(from, from + TOGETHER) });
  return groups;
}

async function renewGroup(
  deps: RenewalDeps,
  log: Logger,
  rulesOf: (accountId: string) => Promise<Rules>,
  { accountId, verdicts }: Group,
): Promise<void> {
  let looked: Looked[];
  try {
    looked = await renewVerdicts(deps, await rulesOf(accountId), verdicts);
  } catch (error) {
    // One that cannot even be read must not keep back the others.
    if (verdicts.length > 1)
      for (const verdict of verdicts) await renewGroup(deps, log, rulesOf, { accountId, verdicts: [verdict] });
    else await noteFailed(deps, log, verdicts, error);
    return;
  }
  for (const one of looked) {
    const { repository, digest } = one.verdict;
    log.debug({ outcome: one.outcome, repositoryId: repository.repositoryId, digest }, 'verdict looked at');
    if (one.outcome === 'failed') await noteFailed(deps, log, [one.verdict], one.error);
  }
}

async function noteFailed(deps: RenewalDeps, log: Logger, verdicts: DueVerdict[], error: unknown): Promise<void> {
  const about = verdicts.map(({ repository, digest }) => `${repository.account}/${repository.name}@${digest}`);
  log.warn({ err: error, verdicts: about }, 'verdicts not renewed');
  await asSystem(deps.db, (tx) => noteFailure(tx, verdicts, error instanceof Error ? error.message : String(error)));
}
