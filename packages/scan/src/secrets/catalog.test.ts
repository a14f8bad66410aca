/** Every kind finds its own sample and not what is almost one, and no result has the secret in it. */
import { describe, expect, test } from 'vitest';
import { KINDS } from './catalog/list.ts';
import { createSecretExaminer } from './examiner.ts';
import type { Sample } from './kind.ts';
import { seeded } from './random.fixture.ts';

const SALT = Buffer.from('a salt of the tests alone');
const ROUNDS = 4;
const examiner = createSecretExaminer({ salt: SALT });
const find = ({ path, text }: Sample) => {
  const content = Buffer.isBuffer(text) ? text : Buffer.from(text);
  return examiner.examine({ path, mode: 0o644, size: content.length, content });
};

test('the catalog has more than 150 kinds, each with an id of its own and a public page', () => {
  expect(KINDS.length).toBeGreaterThan(150);
  expect(new Set(KINDS.map((kind) => kind.id)).size).toBe(KINDS.length);
  for (const kind of KINDS) expect(kind.docs).toMatch(/^https:\/\/[a-z0-9.-]+\.[a-z]+\//);
});

describe.each(KINDS.map((kind) => [kind.id, kind] as const))('%s', (id, kind) => {
  test('is found in its sample, redacted', () => {
    for (let round = 0; round < ROUNDS; round++) {
      const sample = kind.sample(seeded(round + 1));
      const found = find(sample);
      expect(
        found.map((each) => each.id),
        `of ${JSON.stringify(sample)}`,
      ).toContain(id);
      expect(sample.secret.length).toBeGreaterThan(4);
      expect(JSON.stringify(found)).not.toContain(sample.secret);
    }
  });
  test('is not found in what is almost one', () => {
    for (let round = 0; round < ROUNDS; round++)
      for (const miss of kind.nearMisses(seeded(round + 100)))
        expect(
          find(miss).map((each) => each.id),
          `of ${JSON.stringify(miss)}`,
        ).not.toContain(id);
  });
});
