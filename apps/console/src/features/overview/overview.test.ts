/** What the overview counts as wrong, as waiting, and how it tells events. */
import type { Overview } from '@pratique/contract';
import { expect, test } from 'vitest';
import { en } from '../../catalogue/en/en.ts';
import { describeEvent, tagsIn } from './describe-event.ts';
import { decisionsIn, isFresh, wrongIn } from './summary.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const seen = (changes: Partial<Overview>): Overview => ({
  account: 'vendor',
  images: 0,
  allowed: 0,
  denied: 0,
  undecided: 0,
  failedRuns: [],
  waiting: [],
  requestedExceptions: [],
  expiring: [],
  deadLetters: [],
  breakGlass: [],
  silentClusters: [],
  changes: {
    pushes: 0,
    allowed: 0,
    denied: 0,
    deliveriesSent: 0,
    deliveriesReceived: 0,
    admissionsAllowed: 0,
    admissionsDenied: 0,
  },
  recent: [],
  deniedAdmissions: [],
  health: { processes: [], advisories: null, queue: { waiting: 0, failed: 0 } },
  ...changes,
});

test('nothing is wrong where nothing happened', () =>
  expect([wrongIn(seen({})), decisionsIn(seen({}))]).toEqual([0, 0]));

test('refused images are one thing, every failed run and every process that is down another', () => {
  const failed = { id: 'r', repository: 'app', tag: null, step: 'scan', error: null, at: '2026-11-22T00:00:00Z' };
  const process = { name: 'signer', restarts: 3, detail: null };
  const health = {
    advisories: null,
    queue: { waiting: 0, failed: 0 },
    processes: [
      { ...process, state: 'ready' },
      { ...process, state: 'restarting' },
    ],
  };
  expect(wrongIn(seen({ denied: 12, failedRuns: [failed, { ...failed, id: 's' }], health }))).toBe(4);
});

test('what stays until somebody acts counts each as wrong, and is no decision', () => {
  const standing = seen({
    expiring: [{ repository: 'app', digest: DIGEST, validUntil: '2026-11-23T00:00:00Z', error: null }],
    deadLetters: [{ webhook: 'pager', count: 7 }],
    breakGlass: [{ name: 'e', by: 'anna', reason: 'r', namespaces: ['shop'], until: '2026-11-22T12:00:00Z' }],
    silentClusters: [{ name: 'production', heardAt: '2026-11-21T12:00:00Z' }],
  });
  expect([wrongIn(standing), decisionsIn(standing)]).toEqual([4, 0]);
});

test('advisory data is fresh for seven days; undated data never is', () => {
  const now = Date.parse('2026-11-22T00:00:00Z');
  expect(['2026-11-20T00:00:00Z', '2026-11-10T00:00:00Z', null].map((date) => isFresh(date, now))).toEqual([
    true,
    false,
    false,
  ]);
});

const tell = (type: string, data: Record<string, unknown>, tags = new Map<string, string>()) =>
  describeEvent({ type, data }, 'vendor', en.overview.event, tags);

test('what a chain writes for itself is not told', () => {
  expect(
    tell('tag.pushed', { repository: 'app', tag: `sha256-${'a'.repeat(64)}.att`, origin: 'chain', actor: 'pratique' }),
  ).toBeNull();
  expect(tell('step.running', {})).toBeNull();
  expect(tell('an.event.of.a.later.server', {})).toBeNull();
});

test('an event about a digest is told by the tag that was pushed for it', () => {
  const tags = tagsIn([{ type: 'tag.pushed', data: { repository: 'app', tag: '1.0', digest: DIGEST, subject: null } }]);
  const line = tell('verdict.decided', { repository: 'app', digest: DIGEST, decision: 'deny' }, tags);
  expect(line).toEqual({
    subject: 'app:1.0',
    to: '/accounts/vendor/image?repository=app&reference=1.0',
    what: 'refused',
  });
  expect(tell('verdict.decided', { repository: 'app', digest: DIGEST, decision: 'allow' })?.subject).toBe(
    'app@sha256:aaaaaaaa…aaaaaa',
  );
});
