import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gaps, take } from '../../inventory/image.fixture.ts';
import { filesBelow } from '../files.fixture.ts';

test('what conda installed is listed, without an ecosystem that has advisories', async () => {
  const inventory = await take([filesBelow(join(import.meta.dirname, 'fixtures/documented'))]);
  expect(inventory.missing).toEqual([]);
  expect(inventory.packages.map((each) => [each.type, each.purl, ...each.licenses])).toEqual([
    ['generic', 'pkg:conda/openssl@3.0.13?build=h7f8727e_0&channel=conda-forge&subdir=linux-64', 'Apache-2.0'],
  ]);
});

test('a record that is none is named', async () => {
  expect(gaps(await take([[{ path: 'opt/conda-meta/x.json', content: '{"name": "x"}' }]]))).toEqual([
    'unreadable conda-package opt/conda-meta/x.json',
  ]);
});
