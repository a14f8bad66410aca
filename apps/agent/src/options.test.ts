import { expect, test } from 'vitest';
import { backoffDelay } from './backoff.ts';
import { readOptions } from './options.ts';

test('the identity is a secret or a file', () => {
  expect(readOptions(['--enrolment', '/e', '--identity', 'pratique-system/id']).identity).toEqual({
    ...{ kind: 'secret', namespace: 'pratique-system', name: 'id' },
  });
  expect(readOptions(['--enrolment', '/e', '--identity', './id.json']).identity).toEqual({
    kind: 'file',
    path: './id.json',
  });
});

test.each([[[]], [['--enrolment', '/e']], [['--enrolment', '/e', '--identity', 'x']], [['--else']]])(
  'the arguments %j are refused',
  (args) => {
    expect(() => readOptions(args)).toThrow(expect.objectContaining({ code: 'usage' }));
  },
);

test('waiting grows from a quarter of a second to half a minute, and is never the same for all', () => {
  expect([backoffDelay(0, () => 0), backoffDelay(0, () => 1)]).toEqual([250, 500]);
  expect([backoffDelay(99, () => 0), backoffDelay(99, () => 1)]).toEqual([15_000, 30_000]);
});
