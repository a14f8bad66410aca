import { expect, test } from 'vitest';
import { importAdvisories } from '../advisories/import.ts';
import { osv, useStore } from '../advisories/store.fixture.ts';
import { packageOf } from '../package.fixture.ts';
import { explainHole } from './explain-hole.ts';

const { dir, open, file } = useStore();

const npm = (name: string, version: string, owner: string | null = null) =>
  packageOf('npm', name, version, { owner, paths: [`app/node_modules/${name}/package.json`] });

test('says of every package that an advisory names why it is affected, or why not', async () => {
  const affected = {
    affected: [
      {
        package: { ecosystem: 'npm', name: 'left-pad' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '1.2.0' }, { fixed: '1.4.0' }] }],
      },
    ],
  };
  await importAdvisories(
    dir(),
    'osv',
    file('a.json', [osv('GHSA-aaaa-bbbb-cccc', 'left-pad', affected), osv('GHSA-other', 'right-pad')]),
  );
  const store = await open();
  const packages = [
    npm('left-pad', '1.3.0'),
    npm('left-pad', '1.4.0'),
    npm('left-pad', '1.3.1', 'pkg:deb/debian/node-left-pad@1'),
    npm('right-pad', '1.0.0'),
    { ...npm('left-pad', '1.3.2'), purl: 'pkg:npm/left-pad@1.3.2?scope=development', paths: ['app/package-lock.json'] },
  ];
  const reasons = explainHole(packages, null, store, 'ghsa-AAAA-bbbb-cccc');
  expect(reasons.map(({ package: of, affected: is }) => [of.version, is])).toEqual([
    ['1.3.0', true],
    ['1.4.0', false],
    ['1.3.1', false],
    ['1.3.2', false],
  ]);
  expect(reasons[0]?.sentence).toBe('1.2.0 <= left-pad 1.3.0 < 1.4.0 (semver)');
  expect(reasons[1]?.sentence).toBe('left-pad 1.4.0 is outside of what is affected: from 1.2.0, before 1.4.0 (semver)');
  expect(reasons[2]?.sentence).toContain('belong to pkg:deb/debian/node-left-pad@1');
  expect(reasons[3]?.sentence).toBe(
    'app/package-lock.json says that it is for development alone, and nothing of it is installed',
  );
  expect(reasons[0]?.package.paths).toEqual(['app/node_modules/left-pad/package.json']);
  expect(explainHole(packages, null, store, 'CVE-2000-0001')).toEqual([]);
});
