/** What narrows a list, and how fingerprints are shown. */
import { expect, test } from 'vitest';
import { narrowedBy, shortFingerprint } from './fingerprint.ts';

test('only what is set narrows the list', () => {
  const address = new Map([
    ['state', 'reachable'],
    ['severity', ''],
    ['sort', 'kind'],
  ]);
  expect(narrowedBy(['state', 'severity', 'repository'], (name) => address.get(name) ?? '')).toEqual({
    state: 'reachable',
  });
});

test('a fingerprint is shown by its beginning', () =>
  expect(shortFingerprint('0123456789abcdef'.repeat(4))).toBe('0123456789ab'));
