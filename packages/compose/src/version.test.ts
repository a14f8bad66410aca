import { expect, test } from 'vitest';
import { compareVersions, satisfies } from './version.ts';

test.each<[string, '<' | '=' | '>', string]>([
  ['1.0', '=', '1.0'],
  ['1.0', '<', '1.1'],
  ['1.9', '<', '1.10'],
  ['1:0.1', '>', '2.0'],
  ['0:1.0', '=', '1.0'],
  ['1.0~rc1', '<', '1.0'],
  ['1.0~~', '<', '1.0~'],
  ['1.0-1', '<', '1.0-1+b1'],
  ['1.0-1', '<', '1.0-1.1'],
  ['1.0', '<', '1.0-1'],
  ['1.0+dfsg-1', '>', '1.0-1'],
  ['1.0a', '<', '1.0+'],
  ['2.36-9+deb12u4', '<', '2.36-9+deb12u14'],
  ['007', '=', '7'],
  ['20230311+deb12u1', '<', '99999999999999999999999999'],
])('%s %s %s', (a, order, b) => {
  const sign = { '<': -1, '=': 0, '>': 1 }[order];
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
  expect(Math.sign(compareVersions(b, a))).toBe(sign === 0 ? 0 : -sign);
});

test('the relations of dependency fields and of dpkg mean what they say', () => {
  expect(satisfies('2.0', '>=', '2.0')).toBe(true);
  expect(satisfies('2.0', '>>', '2.0')).toBe(false);
  expect(satisfies('1.0', 'lt', '2.0')).toBe(true);
  expect(satisfies('1.0', 'nonsense', '1.0')).toBe(false);
});
