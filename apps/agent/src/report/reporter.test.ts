import { AgentReport, type AgentReportAnswer, type RunningPod } from '@pratique/contract';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { AgentError } from '../error.ts';
import type { ServerClient } from '../server/client.ts';
import { createPodBook, type PodBook } from './pod-book.ts';
import { createReporter } from './reporter.ts';

const pod = (uid: string): RunningPod => ({
  uid,
  namespace: 'shop',
  name: `web-${uid}`,
  workload: null,
  containers: [],
});
type Said = AgentReportAnswer['outcome'] | Error;

/** A reporter whose server answers with `answers`, then takes everything. `until` ends it once that many were sent. */
async function run(
  answers: Said[],
  until: number,
  act: (book: PodBook, sent: AgentReport[]) => void,
): Promise<AgentReport[]> {
  const stop = new AbortController();
  const sent: AgentReport[] = [];
  const book = createPodBook(() => reporter.wake());
  const client: ServerClient = {
    clockOffset: () => null,
    async post(_path, body, _credentials, schema) {
      sent.push(AgentReport.parse(body));
      if (sent.length >= until) stop.abort();
      const answer = answers.shift() ?? 'taken';
      act(book, sent);
      if (answer instanceof Error) throw answer;
      return schema.parse({ outcome: answer, nextWithin: 1 });
    },
  };
  const reporter = createReporter({
    book,
    client,
    credentials: () => ({ authority: '', key: null, certificate: null }),
    onIdentityRefused: async () => {},
    trust: () => ({ agent: [], webhooks: null }),
    onTrustChange: async () => {},
    version: '1',
    log: pino({ level: 'silent' }),
  });
  const running = reporter.run(stop.signal);
  act(book, sent);
  await running;
  return sent;
}

const shape = ({ kind, sequence, pods, ended, last }: AgentReport) =>
  [kind, sequence, pods.map(({ uid }) => uid).join(), ended.join(), last ? 'last' : ''].join(' ').trim();

test('nothing is said before the first list; then a snapshot, changes, and a heartbeat when nothing changes', async () => {
  const sent = await run([], 3, (book, { length }) => {
    if (length === 0) book.onList([pod('1'), pod('2')]);
    if (length === 1) {
      book.onLive(pod('3'));
      book.onOver('1');
    }
  });
  expect(sent.map(shape)).toEqual(['snapshot 0 1,2  last', 'changes 1 3 1', 'changes 2']);
  expect(new Set(sent.map(({ generation }) => generation)).size).toBe(1);
});

test('while the server is away the very same message is sent again, and what happened meanwhile comes after it', async () => {
  const away = () => new AgentError('server-unreachable', 'away');
  const sent = await run(['taken', away(), away()], 5, (book, { length }) => {
    if (length === 0) book.onList([]);
    if (length === 1) book.onLive(pod('1'));
    if (length === 2) book.onLive(pod('2'));
  });
  expect(sent.map(shape)).toEqual(['snapshot 0   last', 'changes 1 1', 'changes 1 1', 'changes 1 1', 'changes 2 2']);
});

test('a server that missed something gets a snapshot of another generation', async () => {
  const sent = await run(['taken', 'resync'], 3, (book, { length }) => {
    if (length === 0) book.onList([pod('1')]);
    if (length === 1) book.onLive(pod('2'));
  });
  expect(sent.map(shape)).toEqual(['snapshot 0 1  last', 'changes 1 2', 'snapshot 0 1,2  last']);
  expect(sent[2]?.generation).not.toBe(sent[0]?.generation);
});

test('a large cluster is told in parts of five hundred', async () => {
  const all = Array.from({ length: 1200 }, (_, index) => pod(String(index)));
  const sent = await run([], 3, (book, { length }) => {
    if (length === 0) book.onList(all);
  });
  expect(sent.map(({ kind, sequence, pods, last }) => [kind, sequence, pods.length, last])).toEqual([
    ['snapshot', 0, 500, false],
    ['snapshot', 1, 500, false],
    ['snapshot', 2, 200, true],
  ]);
});

test('a pod that comes and goes between two reports is told as gone, one that does not change not at all', () => {
  const book = createPodBook(() => {});
  book.onList([pod('1')]);
  book.takeAll();
  book.onLive(pod('1'));
  book.onLive(pod('2'));
  book.onOver('2');
  book.onOver('3');
  expect(book.take(10)).toEqual({ pods: [], ended: ['2'] });
});

test('more endings than can be told one by one become a snapshot', () => {
  const book = createPodBook(() => {});
  const all = Array.from({ length: 10_002 }, (_, index) => pod(String(index)));
  book.onList(all);
  book.takeAll();
  for (const { uid } of all) book.onOver(uid);
  expect(book.needsSnapshot()).toBe(true);
  expect(book.takeAll()).toEqual([]);
  expect(book.needsSnapshot()).toBe(false);
});
