/** How scanners' reports are brought to one form and compared, and that the page made of it leaves nothing open. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { differences, explain, labelOf, recall, UNEXPLAINED } from '../../bench/recall/compare.ts';
import { comparable, type Reported } from '../../bench/recall/purls.ts';

describe('one form of purls', () => {
  test.each<[string, string, string]>([
    [
      'an epoch in a qualifier or in the version',
      'pkg:rpm/almalinux/openssl@3.0.7-24.el9?epoch=1&arch=x86_64',
      'pkg:rpm/redhat/openssl@1:3.0.7-24.el9',
    ],
    [
      'an epoch of Debian, escaped or not',
      'pkg:deb/debian/x@1%3A2.0-1?distro=debian-12',
      'pkg:deb/debian/x@2.0-1?epoch=1',
    ],
    ['names of PyPI', 'pkg:pypi/Zope.Event@5.0', 'pkg:pypi/zope-event@5.0'],
    ['scopes of npm', 'pkg:npm/%40s/a@1.0.0', 'pkg:npm/@s/a@1.0.0?scope=development'],
    ['Go’s own release', 'pkg:golang/stdlib@v1.26.8', 'pkg:golang/stdlib@1.26.8'],
  ])('%s are the same', (_name, one, other) => {
    expect(comparable(one)?.key).toBe(comparable(other)?.key);
  });

  test.each<[string, string]>([
    ['pkg:npm/a@1.0.0', 'pkg:npm/b/a@1.0.0'],
    ['pkg:maven/a/c@1', 'pkg:maven/b/c@1'],
    ['pkg:golang/example.com/m@v1.0.0', 'pkg:golang/example.com/m@v1.0.0#v2'],
  ])('%s and %s are not', (one, other) => {
    expect(comparable(one)?.key).not.toBe(comparable(other)?.key);
  });

  test.each(['pkg:npm/a', 'a', ''])('%j is no package with a version', (text) => {
    expect(comparable(text)).toBeNull();
  });
});

describe('a comparison', () => {
  const listed = (...names: string[]): Map<string, Reported> =>
    new Map(names.map((name) => [name, { key: name, type: 'npm', name, version: '1', paths: [] }]));
  const reports = { ours: listed('a', 'b', 'o'), syft: listed('a', 'b', 's', 't'), trivy: listed('a', 's') };

  test('counts what peers report and we do too, and what both do', () => {
    expect(recall(reports)).toEqual([
      { of: 'Syft', theirs: 4, shared: 2 },
      { of: 'Trivy', theirs: 2, shared: 1 },
      { of: 'Syft and Trivy', theirs: 2, shared: 1 },
    ]);
  });

  test('gives each difference its first reason, and says of one without that it has none', () => {
    const groups = explain(
      differences(reports),
      [{ applies: ({ found }) => found.join() === 'ours', right: 'Pratique', why: 'a reason' }],
      labelOf,
    );
    expect(groups.map(({ found, count, why }) => [found, count, why])).toEqual([
      ['Pratique', 1, 'a reason'],
      ['Pratique, Syft', 1, UNEXPLAINED],
      ['Syft', 1, UNEXPLAINED],
      ['Syft, Trivy', 1, UNEXPLAINED],
    ]);
  });
});

test('docs/coverage.md has no difference without a reason', async () => {
  const page = await readFile(resolve(import.meta.dirname, '..', '..', 'docs', 'coverage.md'), 'utf8');
  expect(page).toContain('## Findings');
  expect(page).not.toContain(UNEXPLAINED);
});
