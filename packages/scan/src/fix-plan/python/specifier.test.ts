/** Specifiers take what pip takes. */
import { expect, test } from 'vitest';
import { parseRequirement, satisfies } from './specifier.ts';

test.for([
  ['1.5', '>=1,<2', true],
  ['2.0', '>=1,<2', false],
  ['2.0rc1', '<2.0', false],
  ['1.4.5', '~=1.4.2', true],
  ['1.5', '~=1.4.2', false],
  ['1.9', '~=1.4', true],
  ['2.0', '~=1.4', false],
  ['1.4.9', '==1.4.*', true],
  ['1.40', '==1.4.*', false],
  ['1.4', '!=1.4.*', false],
  ['1.0', '==1.0.0', true],
  ['1.0+local', '==1.0', true],
  ['1.0', '===1.0', true],
  ['1.0.post1', '>1.0', false],
  ['1!1.0', '>=2', true],
  ['1.0', 'what', false],
  ['1.0', '', true],
] as const)('%s and %s: %s', ([version, specifier, expected]) => {
  expect(satisfies(version, specifier)).toBe(expected);
});

test('requirements are taken apart', () => {
  expect(parseRequirement('Foo_Bar[a,b] (>=1.0) ; extra == "x"')).toEqual({
    name: 'foo-bar',
    specifier: '>=1.0',
    marker: 'extra == "x"',
  });
});
