import { expect, test } from 'vitest';
import { findingOf, packageOf } from '../package.fixture.ts';
import { groupByUpgrade } from './upgrades.ts';

const deb = (name: string, sourceName: string, version: string) => packageOf('deb', name, version, { sourceName });
const finding = (id: string, of: Parameters<typeof findingOf>[1], fixedVersion: string | null, score = 10) =>
  findingOf(id, of, { fixedVersion, priority: { score, factors: [] } });

test('binary packages of one source are one upgrade, to the newest of the fixes', () => {
  const ssl = deb('openssl', 'openssl', '3.0.9-1');
  const lib = deb('libssl3', 'openssl', '3.0.9-1');
  const curl = deb('curl', 'curl', '7.88-1');
  expect(
    groupByUpgrade(
      [
        finding('CVE-1', ssl, '3.0.10-1'),
        finding('CVE-1', lib, '3.0.10-1', 40),
        finding('CVE-2', lib, '3.0.10-1~deb12u1'),
        finding('CVE-3', lib, null),
        finding('CVE-4', curl, '7.88-2', 90),
        { ...finding('CVE-5', curl, '7.88-3'), status: 'not-affected' },
      ],
      [ssl, lib, curl],
    ),
  ).toEqual([
    {
      name: 'openssl',
      type: 'deb',
      packages: [
        { name: 'openssl', version: '3.0.9-1' },
        { name: 'libssl3', version: '3.0.9-1' },
      ],
      to: '3.0.10-1',
      ids: ['CVE-1', 'CVE-2'],
      score: 40,
    },
    {
      name: 'curl',
      type: 'deb',
      packages: [{ name: 'curl', version: '7.88-1' }],
      to: '7.88-2',
      ids: ['CVE-4'],
      score: 90,
    },
  ]);
});

test('two versions of a library are two upgrades; versions without an order name none', () => {
  const a = { name: 'lodash', version: '3.0.0', type: 'npm' as const, purl: 'pkg:npm/lodash@3.0.0' };
  const b = { ...a, version: '4.0.0', purl: 'pkg:npm/lodash@4.0.0' };
  const odd = { name: 'x', version: '1', type: 'generic' as const, purl: 'pkg:generic/x@1' };
  const groups = groupByUpgrade(
    [
      finding('A', a, '3.1.0'),
      finding('B', b, '4.10.0'),
      finding('C', b, '4.9.0'),
      finding('D', odd, '2'),
      finding('E', odd, '3'),
    ],
    [],
  );
  expect(groups.map(({ name, to, ids }) => [name, to, ids.length])).toEqual([
    ['lodash', '4.10.0', 2],
    ['x', null, 2],
    ['lodash', '3.1.0', 1],
  ]);
});
