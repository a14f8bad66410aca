/** The routes about findings, packages, advisories and updates, over images of two accounts. */
import type {
  AdvisoryChangeRows,
  AdvisoryPage,
  AdvisoryUpdateDetail,
  AdvisoryUpdates,
  AffectedPackages,
  FindingFacets,
  FindingRows,
  HoldingCustomers,
  HoldingImages,
  HoldingPlacements,
  ImageComparison,
  PackagePage,
  PackageRows,
  UpgradeGroups,
} from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { rematch } from '../renewal/rematch.ts';
import { digestOf } from '../scan/debian-store.fixture.ts';
import { before, db, get, history, named, refused, say } from './across-images.fixture.ts';

describe('findings', () => {
  test('are a row for each hole of each package, the most urgent first, with the images that have it', async () => {
    const rows = await get<FindingRows>('findings');
    expect(named(rows).sort()).toEqual([
      'CVE-2026-10 openssl@3.0.1 2',
      'CVE-2026-10 openssl@3.0.4 1',
      'CVE-2026-11 openssl@3.0.1 2',
      'CVE-2026-11 openssl@3.0.4 1',
      'CVE-2026-20 zlib@1 2',
      'CVE-2026-30 bash@5 1',
      'CVE-2026-40 log4j@2.16 1',
      'CVE-2026-40 log4j@2.3 1',
      'CVE-2026-40 log4j@2.9 1',
    ]);
    // A high one with a fix, a medium one with one, a medium one without as much as a low one with.
    expect(rows.findings.map((row) => row.priority)).toEqual([24, 24, 24, 24, 24, 15, 9, 9, 9]);
  });

  test.each([
    ['severity=low', 2],
    ['severity=low,medium', 4],
    ['fixable=false', 1],
    ['running=true', 5],
    ['running=false', 4],
    ['excepted=all', 1],
    ['excepted=some', 2],
    ['excepted=none,all', 7],
    ['type=npm', 0],
    ['type=deb,npm', 9],
    ['exploited=true', 0],
    ['repository=web', 3],
    ['repository=web&excepted=all', 1],
    ['search=PADDING%20oracle', 2],
    ['search=2026-4', 3],
    ['search=log4j', 3],
    ['search=100%25', 0],
    ['package=openssl', 4],
    ['package=openssl&version=3.0.1', 2],
    ['package=openssl&version=3.0', 0],
    ['package=open', 0],
    ['package=openssl&source=true&version=3.0.4', 2],
    ['package=openssl&severity=low', 2],
  ])('%s leaves %i, in the list and in the facets', async (query, count) => {
    expect((await get<FindingRows>(`findings?${query}`)).findings).toHaveLength(count);
    expect((await get<FindingFacets>(`findings/facets?${query}`)).total).toBe(count);
  });

  test.each(['priority', 'severity', 'images', 'first-seen'])(
    'pages in the order of %s come to the same as one',
    async (sort) => {
      const whole = await get<FindingRows>(`findings?sort=${sort}`);
      const pages: FindingRows[] = [];
      for (let after: string | null = ''; after !== null; ) {
        const page: FindingRows = await get(`findings?sort=${sort}&limit=2${after === '' ? '' : `&after=${after}`}`);
        pages.push(page);
        after = page.next;
      }
      expect(pages).toHaveLength(5);
      expect(pages.flatMap(named)).toEqual(named(whole));
      expect(whole.next).toBeNull();
    },
  );

  test('say how many of the images run, and what an exception covers', async () => {
    const page = await get<FindingRows>('findings?search=openssl');
    const findings = page.findings.sort((a, b) => (a.id + a.package.version < b.id + b.package.version ? -1 : 1));
    expect(findings.map((row) => [row.package.version, row.id, row.images, row.runningImages, row.excepted])).toEqual([
      ['3.0.1', 'CVE-2026-10', 2, 1, 'some'],
      ['3.0.4', 'CVE-2026-10', 1, 0, 'some'],
      ['3.0.1', 'CVE-2026-11', 2, 1, 'none'],
      ['3.0.4', 'CVE-2026-11', 1, 0, 'none'],
    ]);
    expect(findings[0]).toMatchObject({
      title: 'Padding oracle in the handshake',
      fixedVersion: '3.0.5',
      package: { distribution: 'Debian 12' },
    });
  });

  test('have facets that count what each other choice would leave', async () => {
    const facets = await get<FindingFacets>('findings/facets?severity=low&repositories=true');
    expect(facets.total).toBe(2);
    expect(facets.severity.filter((one) => one.count > 0)).toEqual([
      { value: 'high', count: 5 },
      { value: 'medium', count: 2 },
      { value: 'low', count: 2 },
    ]);
    expect(facets.running).toEqual([
      { value: 'true', count: 1 },
      { value: 'false', count: 1 },
    ]);
    expect(facets.repository).toEqual([
      { value: 'app', count: 1 },
      { value: 'web', count: 1 },
    ]);
    expect(facets.unknown).toMatchObject({ unscannedImages: 1 });
  });

  test('of another account are its own', async () => {
    expect(named(await get('findings', 'rival')).sort()).toEqual(['CVE-2026-20 zlib@1 1', 'CVE-2026-30 bash@5 1']);
    expect((await get<PackageRows>('packages?search=secret')).packages).toEqual([]);
    expect(await refused('findings?repository=nothing')).toEqual([404, 'acme has no repository nothing']);
    expect((await refused('findings?after=nonsense'))[0]).toBe(400);
    expect((await refused('findings?limit=1000'))[0]).toBe(400);
    expect((await refused('findings?severity=terrible'))[0]).toBe(400);
  });

  test('are grouped by the upgrade that clears most', async () => {
    const { upgrades, total, unfixable } = await get<UpgradeGroups>('findings/upgrades');
    expect([total, unfixable]).toEqual([6, 1]);
    expect(upgrades[0]).toMatchObject({
      type: 'deb',
      name: 'openssl',
      version: '3.0.1',
      to: '3.0.9',
      findings: 2,
      holes: 2,
      images: 2,
      ids: ['CVE-2026-10', 'CVE-2026-11'],
    });
    const pages = [await get<UpgradeGroups>('findings/upgrades?limit=4')];
    pages.push(await get<UpgradeGroups>(`findings/upgrades?limit=4&after=${pages[0]?.next ?? ''}`));
    expect(pages.flatMap((page) => page.upgrades)).toEqual(upgrades);
    expect((await get<UpgradeGroups>('findings/upgrades?type=npm')).upgrades).toEqual([]);
  });
});

describe('packages', () => {
  test('are found by name, beginning of the version, and below a version in the order of their kind', async () => {
    const { packages } = await get<PackageRows>('packages?name=sed');
    expect(packages.map((one) => one.covered)).toEqual([true]);
    expect((await get<PackageRows>('packages?covered=false')).packages).toEqual([]);
    expect((await get<PackageRows>('packages?covered=true&name=sed')).packages).toHaveLength(1);
    const versions = async (query: string) =>
      (await get<PackageRows>(`packages?${query}`)).packages.map((row) => row.version);
    expect(await versions('name=log4j')).toEqual(['2.16', '2.17', '2.3', '2.9']);
    expect(await versions('name=log4j&below=2.17')).toEqual(['2.16', '2.3', '2.9']);
    expect(await versions('name=log4j&version=2.1')).toEqual(['2.16', '2.17']);
    expect(await versions('search=LOG4')).toHaveLength(4);
    expect((await refused('packages?search=log&below=2.17'))[1]).toContain('exact name');
    const first = await get<PackageRows>('packages?limit=3');
    expect((await get<PackageRows>(`packages?limit=200&after=${first.next ?? ''}`)).packages).toHaveLength(9 - 3);
  });

  test('have a page: who holds it, what is known, and what would clear all', async () => {
    const page = await get<PackagePage>('package?type=deb&name=log4j&below=2.17');
    expect(page).toMatchObject({
      versions: 3,
      holders: { images: 3, repositories: 2, containers: 3, clusters: 1, customers: 1 },
      findings: { high: 3 },
      fixedVersion: '2.17',
      licenses: ['MIT'],
      offered: [],
    });
    const { images } = await get<HoldingImages>('package/images?type=deb&name=log4j&below=2.17');
    expect(images.map((one) => [one.repository, one.digest, one.tags, one.decision, one.containers])).toEqual([
      ['web', digestOf(3), [], null, 0],
      ['app', digestOf(2), ['multi'], 'allow', 3],
      ['app', digestOf(1), ['v1'], 'deny', 0],
    ]);
    expect((await get<HoldingPlacements>('package/placements?type=deb&name=log4j&limit=2')).next).not.toBeNull();
    expect((await get<HoldingCustomers>('package/customers?type=deb&name=log4j')).customers).toMatchObject([
      { customer: 'rival', digest: digestOf(1) },
    ]);
    const versions = async (query: string) =>
      (await get<PackagePage>(`package?type=deb&name=openssl&${query}`)).versions;
    expect(await versions('version=3.0')).toBe(2);
    expect(await versions('version=3.0.1&exact=true')).toBe(1);
    expect(await versions('version=3.0.4&exact=true&source=true')).toBe(1);
    expect((await refused('package?type=deb&name=openssl&version=3.0&exact=true'))[0]).toBe(404);
    expect(await refused('package?type=deb&name=secret')).toEqual([
      404,
      'no image of acme holds such a package deb secret',
    ]);
  });
});

describe('an advisory', () => {
  test('says what the sources say and whom it touches', async () => {
    const page = await get<AdvisoryPage>('advisories/CVE-2026-10');
    expect(page).toMatchObject({
      id: 'CVE-2026-10',
      severity: 'high',
      touches: 'touched',
      packages: 2,
      holders: { images: 3, repositories: 2, containers: 3, customers: 1 },
      exceptions: [{ name: 'partly', state: 'active' }],
      records: [{ source: 'debian', ecosystem: 'Debian:12', package: 'openssl', fixedVersions: ['3.0.5'] }],
      references: [{ url: 'https://www.cve.org/CVERecord?id=CVE-2026-10' }],
    });
    const { packages } = await get<AffectedPackages>('advisories/CVE-2026-10/packages');
    expect(packages.map((one) => [one.version, one.images])).toEqual([
      ['3.0.1', 2],
      ['3.0.4', 1],
    ]);
    const first = await get<HoldingImages>('advisories/CVE-2026-10/images?limit=2');
    expect(first.images.map((one) => one.digest)).toEqual([digestOf(3), digestOf(2)]);
    const second = await get<HoldingImages>(`advisories/CVE-2026-10/images?limit=2&after=${first.next ?? ''}`);
    expect([second.images.map((one) => one.digest), second.next]).toEqual([[digestOf(1)], null]);
    expect(
      (await get<HoldingPlacements>('advisories/CVE-2026-10/placements')).placements.map((one) => one.pod),
    ).toEqual(['web-1', 'web-2', 'web-3']);
    expect((await get<HoldingCustomers>('advisories/CVE-2026-10/customers')).customers).toHaveLength(1);
  });

  test('that touches nothing of the account is known all the same; one that nobody knows is not', async () => {
    expect(await get<AdvisoryPage>('advisories/CVE-2026-99')).toMatchObject({
      touches: 'none',
      titles: [{ title: 'Nobody here has it' }],
      holders: { images: 0 },
    });
    expect(await refused('advisories/CVE-1999-1')).toEqual([404, 'no source of advisories knows CVE-1999-1']);
    // What only others have answers like what nobody has.
    expect(await get<AdvisoryPage>('advisories/CVE-2026-10', 'rival')).toMatchObject({
      touches: 'none',
      packages: 0,
      holders: { images: 0 },
    });
    expect(await get<HoldingImages>('advisories/CVE-2026-10/images', 'rival')).toEqual({ images: [], next: null });
  });
});

test('two images are compared by packages and findings', async () => {
  const compared = await get<ImageComparison>(
    `image/comparison?repository=app&reference=v1&withRepository=web&withReference=${digestOf(3)}`,
  );
  expect(compared).toMatchObject({
    from: { repository: 'app', reference: 'v1', digest: digestOf(1) },
    to: { repository: 'web', digest: digestOf(3) },
    packages: { changed: [{ name: 'openssl', from: '3.0.1', to: '3.0.4', downgraded: false }] },
    findings: { gone: [{ id: 'CVE-2026-20' }], new: [], left: 3 },
    partial: false,
  });
  expect((await refused('image/comparison?repository=app&reference=v1&withRepository=web&withReference=none'))[0]).toBe(
    404,
  );
});

test('an update is told with the images, containers and customers that it newly affects and clears', async () => {
  const after = await say('CVE-2026-21');
  await rematch(db, after, history);
  after.close();
  const { updates } = await get<AdvisoryUpdates>('advisory-updates');
  expect(updates).toMatchObject([
    {
      state: 'finished',
      from: before.snapshot,
      to: after.snapshot,
      affected: 1,
      cleared: 1,
      changed: 0,
      holes: 2,
      packages: 1,
    },
  ]);
  const id = updates[0]?.id ?? 0;
  const counts = { images: 2, repositories: 1, containers: 3, clusters: 1, customers: 1 };
  expect(await get<AdvisoryUpdateDetail>(`advisory-updates/${id}`)).toMatchObject({
    id,
    newlyAffected: counts,
    newlyCleared: counts,
  });
  const { rows } = await get<AdvisoryChangeRows>(`advisory-updates/${id}/changes`);
  expect(rows).toMatchObject([
    {
      change: id,
      kind: 'affected',
      id: 'CVE-2026-21',
      package: { name: 'zlib' },
      before: null,
      after: { severity: 'medium', status: 'affected' },
      images: 2,
    },
    { change: id, kind: 'cleared', id: 'CVE-2026-20', after: null },
  ]);
  const first = await get<AdvisoryChangeRows>(`advisory-updates/${id}/changes?limit=1`);
  expect(
    (await get<AdvisoryChangeRows>(`advisory-updates/${id}/changes?limit=1&after=${first.next ?? ''}`)).rows,
  ).toEqual(rows.slice(1));
  expect(
    (await get<HoldingImages>(`advisory-updates/${id}/images?kind=cleared`)).images.map((one) => one.digest),
  ).toEqual([digestOf(2), digestOf(1)]);
  expect((await get<HoldingPlacements>(`advisory-updates/${id}/placements?kind=affected`)).placements).toHaveLength(3);
  expect((await get<HoldingCustomers>(`advisory-updates/${id}/customers?kind=affected`)).customers).toMatchObject([
    { customer: 'rival' },
  ]);
  // Who was affected: the advisory's page tells of it after it is gone.
  expect(await get<AdvisoryPage>('advisories/CVE-2026-20')).toMatchObject({ touches: 'cleared', packages: 0 });
  expect((await get<AdvisoryChangeRows>('advisories/CVE-2026-20/changes')).rows).toMatchObject([
    { kind: 'cleared', images: 2 },
  ]);
  // The other account has one image of it, and hears of no more.
  expect(await get<AdvisoryUpdateDetail>(`advisory-updates/${id}`, 'rival')).toMatchObject({
    newlyAffected: { images: 1, containers: 0, customers: 0 },
  });
  expect((await refused(`advisory-updates/${id + 1}`))[0]).toBe(404);
});
