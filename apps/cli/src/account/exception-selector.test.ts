import { describe, expect, test } from 'vitest';
import { type Named, selectorOf } from './exception-selector.ts';

const FINGERPRINT = 'a'.repeat(64);

test.each<[Named, string, Record<string, string>]>([
  [{ id: 'CVE-2026-1', package: 'openssl' }, 'finding', { id: 'CVE-2026-1', package: 'openssl' }],
  [{ constraint: 'malware' }, 'policy', { constraint: 'malware' }],
  [{ secret: FINGERPRINT }, 'secret', { fingerprint: FINGERPRINT }],
  [{ secretKind: 'npm-token', path: 'srv/**' }, 'secret', { kind: 'npm-token', path: 'srv/**' }],
  [{ malware: 'miner', sha256: FINGERPRINT }, 'malware', { rule: 'miner', sha256: FINGERPRINT }],
  [{ check: 'private-key' }, 'baseline', { check: 'private-key' }],
])('%o names a %s', (named, kind, selector) => {
  expect(JSON.parse(JSON.stringify(selectorOf(named)))).toEqual({ kind, selector });
});

describe('refused are', () => {
  test.each<[string, Named, RegExp]>([
    ['nothing', {}, /name one thing/],
    ['two things', { id: 'CVE-2026-1', secret: FINGERPRINT }, /name one thing/],
    ['all secrets of a kind', { secretKind: 'npm-token' }, /needs --path/],
    ['all matches of a rule', { malware: 'miner' }, /needs --path or --sha256/],
    ['a path of a finding', { id: 'CVE-2026-1', path: '**' }, /secrets and malware alone/],
    ['a digest of a secret', { secret: FINGERPRINT, sha256: FINGERPRINT }, /malware alone/],
    ['a package of a check', { check: 'private-key', package: 'x' }, /findings alone/],
  ])('%s', (_, named, message) => expect(() => selectorOf(named)).toThrow(message));
});
