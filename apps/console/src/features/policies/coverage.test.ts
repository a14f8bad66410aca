/** What exceptions cover, in words, and the label of an emergency. */
import { expect, test } from 'vitest';
import { en } from '../../catalogue/en/en.ts';
import { coverage, labelOf } from './coverage.ts';

test.each([
  ['finding', { id: 'CVE-2026-1', package: 'openssl', repositories: ['web/**'] }, 'CVE-2026-1 in openssl, web/**'],
  ['finding', { id: 'CVE-2026-1' }, 'CVE-2026-1 in **'],
  ['policy', { constraint: 'image-age', repositories: ['api'] }, 'image-age in api'],
  ['break-glass', { namespaces: ['shop', 'pay-*'] }, 'namespaces shop, pay-* of the clusters **'],
  ['of a later server', { what: 1 }, '{"what":1}'],
])('%s %o', (kind, selector, says) => expect(coverage({ kind, selector }, en.policies)).toBe(says));

test('a label that YAML would read as a number is quoted', () => {
  expect(labelOf('emergency-1')).toMatch(/pratique\.dev\/break-glass: emergency-1$/);
  expect(labelOf('20261122')).toMatch(/pratique\.dev\/break-glass: "20261122"$/);
});
