/** What seals are named, and how they are ordered. */
import { expect, test } from 'vitest';
import { inSealOrder, predicateOf } from './predicate.ts';

test.each([
  ['https://sigstore.dev/cosign/sign/v1', 'signature'],
  ['https://slsa.dev/verification_summary/v1', 'verdict'],
  ['https://in-toto.io/attestation/vulns/v0.2', 'vulns'],
  ['https://spdx.dev/Document', 'spdx'],
  ['https://example.com/anything', 'other'],
])('%s is a seal of kind %s', (type, name) => expect(predicateOf(type)).toBe(name));

test('the signature comes first, strangers last, and the newest of a kind before the older', () => {
  const seal = (predicateType: string, createdAt: string) => ({ predicateType, createdAt });
  const ordered = inSealOrder([
    seal('https://example.com/x', '5'),
    seal('https://slsa.dev/verification_summary/v1', '1'),
    seal('https://slsa.dev/verification_summary/v1', '2'),
    seal('https://sigstore.dev/cosign/sign/v1', '0'),
  ]);
  expect(ordered.map((one) => one.createdAt)).toEqual(['0', '2', '1', '5']);
});
