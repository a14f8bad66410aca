import type { MalwareMatch, Secret } from '@pratique/contract';
import { NewException } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { type ActiveException, contentExceptions } from './exceptions.ts';
import { reviewContents } from './review-contents.ts';

const place = (path: string): Secret['places'][number] => ({
  where: 'file',
  path,
  line: 1,
  column: 1,
  layer: null,
  state: 'reachable',
});
const secret = (over: Partial<Secret> = {}): Secret => ({
  id: 'github-personal-access-token',
  title: 'GitHub token',
  severity: 'critical',
  redacted: 'ghp_…',
  fingerprint: 'a'.repeat(64),
  state: 'reachable',
  places: [place('srv/test/one.env')],
  placeCount: 1,
  ...over,
});
const match: MalwareMatch = {
  id: 'miner-xmrig',
  title: 'XMRig',
  family: 'miner',
  severity: 'high',
  confidence: 'high',
  engine: 'rules',
  source: 'pratique',
  path: 'opt/bench/xmrig',
  layer: null,
  reference: null,
  sha256: 'd'.repeat(64),
  evidence: [],
};

const asked = (kind: string, selector: Record<string, unknown>) =>
  NewException.safeParse({ kind, selector, reason: 'a reason that is long enough' });
function covering(kind: string, selector: Record<string, unknown>, repository = 'web/shop') {
  const { data } = asked(kind, selector);
  if (!data) throw new Error('no such exception can be asked for');
  const { kind: told, selector: parsed } = data;
  return contentExceptions([{ name: 'x', kind: told, selector: parsed } as ActiveException], repository);
}

describe('an exception for a secret', () => {
  const two = secret({ places: [place('srv/test/one.env'), place('etc/app.env')], placeCount: 2 });
  test.each([
    ['its fingerprint', { fingerprint: 'a'.repeat(64) }, two, 'x'],
    ['another fingerprint', { fingerprint: 'b'.repeat(64) }, two, null],
    ['kind and path', { kind: 'github-personal-access-token', path: '/srv/**' }, secret(), 'x'],
    ['kind and path, where it lies elsewhere too', { kind: 'github-personal-access-token', path: 'srv/**' }, two, null],
    [
      'kind and path, where not all places are known',
      { kind: secret().id, path: '**' },
      secret({ placeCount: 30 }),
      null,
    ],
    ['another kind', { kind: 'npm-token', path: '**' }, secret(), null],
    ['fingerprint and path', { fingerprint: 'a'.repeat(64), path: 'opt/**' }, secret(), null],
    ['another repository', { fingerprint: 'a'.repeat(64), repositories: ['api'] }, two, null],
  ])('by %s', (_, selector, found, expected) => {
    expect(covering('secret', selector).ofSecret(found)).toBe(expected);
  });
});

test.each([
  [{ rule: 'miner-xmrig', path: 'opt/bench/*' }, 'x'],
  [{ rule: 'miner-xmrig', sha256: 'd'.repeat(64) }, 'x'],
  [{ rule: 'miner-xmrig', path: 'opt/bench/*', sha256: 'e'.repeat(64) }, null],
  [{ rule: 'dropper', path: '**' }, null],
])('an exception for malware by %o', (selector, expected) => {
  expect(covering('malware', selector).ofMalware(match)).toBe(expected);
});

test('an exception for a check covers that check', () => {
  const { ofCheck } = covering('baseline', { check: 'user-is-root' });
  expect([ofCheck('user-is-root'), ofCheck('private-key')]).toEqual(['x', null]);
});

test.each([
  ['secret', { kind: 'npm-token' }],
  ['secret', { path: '**' }],
  ['secret', { fingerprint: 'short' }],
  ['malware', { rule: 'miner-xmrig' }],
  ['malware', { path: '**' }],
  ['baseline', {}],
])('for %s %o covers too much, and cannot be asked for', (kind, selector) => {
  expect(asked(kind, selector).success).toBe(false);
});

test('what is excepted hides nothing else, however much there is of it', () => {
  const many = Array.from({ length: 1500 }, (_, n) => secret({ fingerprint: n.toString(16).padStart(64, '0') }));
  const open = secret({ fingerprint: 'f'.repeat(64), severity: 'low', id: 'other', places: [place('etc/x')] });
  const exceptions: ActiveException[] = [
    { name: 'x', kind: 'secret', selector: { kind: secret().id, path: 'srv/**', repositories: ['**'] } },
  ];
  const counts = { secrets: 1501, malware: 0, unexamined: 0, failedChecks: 0 };
  const review = reviewContents(
    {
      examination: { examinationId: 1, revision: 'r', failure: null, counts },
      contents: { secrets: [...many, open], malware: [], checks: [], unexamined: [] },
    },
    exceptions,
    'app',
  );
  expect(review?.secrets).toHaveLength(1000);
  expect(review?.secrets[0]).toMatchObject({ id: 'other', exception: null });
  expect(review?.counts.secrets).toBe(1501);
});
