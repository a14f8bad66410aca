import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changesBetween } from './changes.ts';
import { type FeedSource, importAdvisories } from './import.ts';
import { failure, osv, useStore } from './store.fixture.ts';
import { openAdvisoryStore } from './store.ts';

const { root, dir, open, file } = useStore();

describe('the store', () => {
  test('feeds stand side by side, one replaces its namesake, and an open store does not change', async () => {
    await importAdvisories(dir(), 'osv', file('a.json', osv('A-1', 'x')));
    const before = await open();
    await importAdvisories(dir(), 'osv', file('b.json', osv('B-1', 'x', {}, 'Go')));
    await importAdvisories(dir(), 'osv', file('a.json', osv('A-2', 'x')));
    const after = await open();
    expect(before.lookup('npm', 'x').map((each) => each.advisory)).toEqual(['A-1']);
    expect(after.lookup('npm', 'x').map((each) => each.advisory)).toEqual(['A-2']);
    expect(after.ecosystems).toEqual(['Go', 'npm']);
    expect(changesBetween(before, after)).toEqual([
      { ecosystem: 'Go', names: ['x'] },
      { ecosystem: 'npm', names: ['x'] },
    ]);
    expect(changesBetween(after, await open())).toEqual([]);
  });

  test("one ecosystem's export may speak of another without replacing that one's own", async () => {
    const both = osv('BOTH', 'x');
    both['affected'] = [osv('', 'x'), osv('', 'y', {}, 'Go')].flatMap((one) => one['affected'] as unknown[]);
    await importAdvisories(
      dir(),
      'osv',
      file(
        'go.json',
        [1, 2, 3].map((at) => osv(`G-${at}`, 'y', {}, 'Go')),
      ),
    );
    await importAdvisories(join(root(), 'other'), 'osv', file('npm.json', [osv('A-1', 'x'), both]));
    await importAdvisories(dir(), 'osv', file('npm.json', [osv('A-1', 'x'), both]));
    const store = await open();
    // What is known of a part of an ecosystem is no coverage of it.
    const alone = await openAdvisoryStore(join(root(), 'other'));
    expect([alone.covers('npm'), alone.covers('Go'), alone.lookup('Go', 'y').length]).toEqual([true, false, 1]);
    alone.close();
    expect(store.lookup('Go', 'y').map((each) => each.advisory)).toEqual(['G-1', 'G-2', 'G-3', 'BOTH']);
    expect(store.lookup('npm', 'x').map((each) => each.advisory)).toEqual(['A-1', 'BOTH']);
    expect(store.sources.map((source) => source.name)).toEqual(['osv:Go', 'osv:npm']);
  });

  test('the same data gives the same snapshot', async () => {
    const first = await importAdvisories(dir(), 'osv', file('a.json', [osv('A-1', 'x'), osv('A-2', 'y')]));
    const second = await importAdvisories(
      join(root(), 'other'),
      'osv',
      file('a.json', [osv('A-1', 'x'), osv('A-2', 'y')]),
    );
    expect(second.snapshot).toBe(first.snapshot);
  });

  test('thousands of names are all found again, and no others', async () => {
    const records = Array.from({ length: 3000 }, (_, at) => osv(`A-${at}`, `package-${at}`));
    await importAdvisories(dir(), 'osv', file('many.json', records));
    const store = await open();
    for (const at of [0, 1, 1499, 2999])
      expect(store.lookup('npm', `package-${at}`).map((each) => each.advisory)).toEqual([`A-${at}`]);
    expect(records.every((_, at) => store.lookup('npm', `package-${at}`).length === 1)).toBe(true);
    expect(store.lookup('npm', 'package-3000')).toEqual([]);
  });

  test('publishers at the same time lose nothing', async () => {
    await Promise.all(
      ['npm', 'Go', 'PyPI', 'crates.io'].map((ecosystem, at) =>
        importAdvisories(dir(), 'osv', file(`${at}.json`, osv(`A-${at}`, 'x', {}, ecosystem))),
      ),
    );
    expect((await open()).ecosystems).toEqual(['Go', 'PyPI', 'crates.io', 'npm']);
  });

  test.each<[string, FeedSource, unknown, string]>([
    ['no JSON', 'debian', 'not json', 'no export'],
    ['an error page', 'debian', '<html>', 'no export'],
    ['an empty object', 'debian', {}, 'holds no advisory'],
    ['another shape', 'debian', { x: [1, 2] }, 'no export'],
    ['a list of nothing', 'osv', [], 'holds no advisory'],
    ['no records', 'osv', { hello: 'world' }, 'no OSV record'],
    ['mostly rubbish', 'osv', [osv('A-1', 'x'), 1, 2, 3], 'is damaged'],
    ['another catalogue', 'kev', { vulnerabilities: 3 }, 'no catalogue'],
    ['another database', 'alpine', { packages: [] }, 'no Alpine'],
  ])('a feed that is %s (%s) is refused, and the last good snapshot stays', async (_name, source, content, text) => {
    await importAdvisories(dir(), 'osv', file('good.json', osv('GOOD', 'x')));
    const { snapshot } = await open();
    const error = await failure(importAdvisories(dir(), source, file('bad.json', content)));
    expect([error.code, error.message]).toEqual(['feed-invalid', expect.stringContaining(text)]);
    expect((await open()).snapshot).toBe(snapshot);
  });

  test('a feed that has lost half its records is refused unless that is said to be right', async () => {
    await importAdvisories(
      dir(),
      'osv',
      file(
        'a.json',
        Array.from({ length: 10 }, (_, at) => osv(`A-${at}`, 'x')),
      ),
    );
    const path = file('a.json', [osv('A-1', 'x')]);
    expect((await failure(importAdvisories(dir(), 'osv', path))).message).toContain('may be cut off');
    expect(await importAdvisories(dir(), 'osv', path, { allowShrink: true })).toMatchObject({ records: 1 });
  });

  test('a missing feed, a missing store and a damaged store are said to be that', async () => {
    expect((await failure(importAdvisories(dir(), 'osv', join(root(), 'nowhere')))).code).toBe('feed-invalid');
    expect((await failure(open())).code).toBe('store-missing');
    await importAdvisories(dir(), 'osv', file('a.json', osv('A-1', 'x')));
    const shard = join(dir(), 'shards', readdirSync(join(dir(), 'shards'))[0] ?? '');
    truncateSync(shard, 10);
    expect((await failure(open())).code).toBe('store-corrupt');
    const manifest = join(dir(), 'snapshots', readdirSync(join(dir(), 'snapshots'))[0] ?? '');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"npm"', '"nqm"'));
    expect((await failure(open())).message).toContain('has been changed');
  });
});
