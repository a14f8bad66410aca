/** The address, the question to the server and the command say the same. */
import { expect, test } from 'vitest';
import { type Choice, commandOf, countOf, isChosen, readNarrowed, readSort, toggled } from './narrow.ts';

const address = (text: string) => {
  const search = new URLSearchParams(text);
  return readNarrowed(search.get('q') ?? '', (name) => search.get(name) ?? '');
};

test.each([
  ['', {}, 'pratique findings vendor'],
  ['q=%20', {}, 'pratique findings vendor'],
  [
    'severity=critical,high&fixable=true&repository=shop/web',
    { severity: 'critical,high', fixable: 'true', repository: 'shop/web' },
    'pratique findings vendor --severity critical,high --fixable --repository shop/web',
  ],
  [
    'q=use after free&running=false&page=3',
    { search: 'use after free', running: 'false' },
    "pratique findings vendor --search 'use after free' --no-running",
  ],
])('%s', (text, narrowed, command) => {
  expect(address(text)).toEqual(narrowed);
  expect(commandOf('vendor', address(text))).toBe(command);
});

test('a command names an order and upgrades only where they are not the usual', () => {
  expect(commandOf('vendor', {}, { sort: 'images' })).toBe('pratique findings vendor --sort images');
  expect(commandOf('vendor', {}, { sort: 'priority', upgrades: true })).toBe('pratique findings vendor --upgrades');
});

test('packages of an upgrade are named as the command names them', () =>
  expect(commandOf('vendor', { type: 'deb', package: 'openssl', version: '3.0.1', source: 'true' })).toBe(
    'pratique findings vendor --type deb --package openssl --package-version 3.0.1 --of-source',
  ));

test.each<[Choice, string, string, string]>([
  ['severity', '', 'high', 'high'],
  ['severity', 'high', 'critical', 'high,critical'],
  ['severity', 'high,critical', 'high', 'critical'],
  ['fixable', 'true', 'false', 'false'],
  ['fixable', 'false', 'false', ''],
  ['excepted', 'none', 'some', 'none,some'],
])('%s: %j and then %j is %j', (choice, chosen, value, after) => {
  expect(toggled(choice, chosen, value)).toBe(after);
  expect(isChosen(after, value)).toBe(!isChosen(chosen, value));
});

test('an order that does not exist is the usual one', () => {
  expect(readSort('images')).toBe('images');
  expect(readSort('colour')).toBe('priority');
  expect(readSort(undefined)).toBe('priority');
});

test('a value that the server does not count has none, and nothing is claimed before it answered', () => {
  const facets = {
    total: 2,
    severity: [{ value: 'high', count: 2 }],
    ...{ fixable: [], exploited: [], running: [], type: [], excepted: [], repository: [] },
    unknown: { unscannedImages: 0, uncoveredPackages: 0 },
  };
  expect(countOf(facets, 'severity', 'high')).toBe(2);
  expect(countOf(facets, 'severity', 'low')).toBe(0);
  expect(countOf(undefined, 'severity', 'low')).toBeNull();
});
