/** Matches of layers become secrets, and rules let some of them be. */
import { Secret, SecretAllow } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { allowSecrets } from './allow.ts';
import type { SecretMatch } from './examiner.ts';
import { joinSecrets, MAX_PLACES, MAX_SECRETS } from './join-layers.ts';

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const match = (path: string, key = 'a', more: Partial<SecretMatch> = {}): SecretMatch => ({
  id: 'npm-access-token',
  title: 'npm access token',
  severity: 'high',
  where: 'file',
  path,
  line: 1,
  column: 1,
  redacted: 'npm_…',
  fingerprint: key.repeat(64).slice(0, 64),
  ...more,
});

describe('joined over layers', () => {
  test('a file that a later layer deletes is removed later, one that is seen is reachable', () => {
    const { secrets } = joinSecrets({
      layers: [
        { layer: digest('1'), matches: [match('root/.npmrc', 'a'), match('app/key', 'b')] },
        { layer: null, matches: [match('TOKEN', 'c', { where: 'environment' })] },
      ],
      isVisible: (path) => path === 'app/key',
    });
    expect(secrets.map((each) => [each.places[0]?.path, each.state])).toEqual([
      ['TOKEN', 'reachable'],
      ['app/key', 'reachable'],
      ['root/.npmrc', 'removed-later'],
    ]);
    for (const each of secrets) expect(Secret.parse(each)).toEqual(each);
  });
  test('the same secret in several places is one, reachable where one of them is, and its places are counted', () => {
    const matches = Array.from({ length: 50 }, (_, at) => match(`app/${at}`));
    const { secrets, total } = joinSecrets({
      layers: [
        { layer: digest('1'), matches: [...matches, match('app.zip!inner/key', 'a', { severity: 'critical' })] },
      ],
      isVisible: (path) => path === 'app.zip',
    });
    expect(total).toBe(1);
    expect(secrets).toMatchObject([{ state: 'reachable', severity: 'critical', placeCount: 51 }]);
    expect(secrets[0]?.places).toHaveLength(MAX_PLACES);
    expect(secrets[0]?.places[0]?.path).toBe('app.zip!inner/key');
  });
  test('more secrets than are told are counted', () => {
    const matches = Array.from({ length: MAX_SECRETS + 5 }, (_, at) => match('a', at.toString(16).padStart(64, '0')));
    const joined = joinSecrets({ layers: [{ layer: null, matches }], isVisible: () => true });
    expect(joined.secrets).toHaveLength(MAX_SECRETS);
    expect(joined.total).toBe(MAX_SECRETS + 5);
  });
  test('what packages of the system brought is left out and counted', () => {
    const joined = joinSecrets({
      layers: [{ layer: null, matches: [match('etc/a'), match('etc/b', 'b')] }],
      isVisible: () => true,
      isPublished: (path) => path === 'etc/a',
    });
    expect(joined).toMatchObject({ published: 1, total: 1 });
  });
});

describe('a rule allows', () => {
  const { secrets } = joinSecrets({
    layers: [{ layer: null, matches: [match('app/test/key'), match('app/real/key'), match('app/test/other', 'b')] }],
    isVisible: () => true,
  });
  const rule = (what: Partial<SecretAllow>): SecretAllow =>
    SecretAllow.parse({ owner: 'shop', reason: 'for tests', expires: '2026-12-31', ...what });
  test.each<[string, SecretAllow[], number, number]>([
    ['all of a kind', [rule({ kind: 'npm-access-token' })], 2, 0],
    ['one secret', [rule({ fingerprint: 'b'.repeat(64) })], 1, 0],
    ['what lies nowhere but at the path', [rule({ path: '/app/test/**' })], 1, 0],
    ['what is all that it says', [rule({ kind: 'npm-access-token', path: 'app/other/*' })], 0, 0],
    ['nothing once it has ended, and is named', [rule({ kind: 'npm-access-token', expires: '2026-11-21' })], 0, 1],
    ['on its last day', [rule({ kind: 'npm-access-token', expires: '2026-11-22' })], 2, 0],
  ])('%s', (_name, rules, allowed, expired) => {
    const result = allowSecrets(secrets, rules, '2026-11-22');
    expect([result.allowed.length, result.left.length, result.expired.length]).toEqual([allowed, 2 - allowed, expired]);
  });
  test('only with an owner, a reason, a day, and something that it names', () => {
    expect(SecretAllow.safeParse({ owner: 'a', reason: 'b', expires: '2026-12-31' }).success).toBe(false);
    for (const key of ['owner', 'reason', 'expires'])
      expect(SecretAllow.safeParse({ ...rule({ kind: 'x' }), [key]: undefined }).success).toBe(false);
  });
});
