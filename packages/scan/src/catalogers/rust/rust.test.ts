import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ELF, gaps, OS, purls, record, status, take } from '../../inventory/image.fixture.ts';
import { readFindings } from '../executables/findings.ts';
import { readProgram } from '../executables/read-program.ts';
import { mutate, randomOf } from '../mutate.fixture.ts';
import { parseCargoLock } from './cargo-lock.ts';
import { mayBeObject } from './deflate-start.ts';
import { newRustBudget } from './find-audit.ts';
import { parseAudit } from './rust.ts';

const file = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'fixtures', name));
const AUD = { path: 'app/aud', content: gunzipSync(file('aud.gz')), mode: 0o755 };
const SYSTEM = [OS, status(record('a', '1'))];
const own = (inventory: Awaited<ReturnType<typeof take>>) =>
  purls(inventory).filter((each) => each.startsWith('pkg:cargo'));
const BUILT = ['pkg:cargo/aud@0.3.0', 'pkg:cargo/itoa@1.0.9', 'pkg:cargo/smallvec@1.11.0'];

test('a program built with cargo-auditable gives its crates, without those that only its build used', async () => {
  const inventory = await take([[...SYSTEM, AUD]]);
  expect([own(inventory), inventory.missing]).toEqual([BUILT, []]);
  expect(inventory.packages.find((each) => each.name === 'itoa')?.paths).toEqual(['app/aud']);
});

test.each(['v4', 'v3', 'documented/v2', 'documented/v1'])('a lock file of %s gives what it pins', async (version) => {
  const lock = { path: 'src/Cargo.lock', content: file(`${version}/Cargo.lock`) };
  const all = ['pkg:cargo/aud@0.3.0', 'pkg:cargo/cfg-if@1.0.0', 'pkg:cargo/itoa@1.0.9', 'pkg:cargo/smallvec@1.11.0'];
  const inventory = await take([[...SYSTEM, lock]]);
  expect([own(inventory), inventory.missing]).toEqual([all, []]);
  expect(own(await take([[...SYSTEM, lock, AUD]]))).toEqual(BUILT);
});

test.each(['root/.cargo/registry/src/index.crates.io-1/x-1.0.0', 'usr/lib/rustlib/src/rust', 'src/testdata'])(
  'a lock file in %s is of nothing that was built here',
  async (path) => {
    const inventory = await take([[...SYSTEM, { path: `${path}/Cargo.lock`, content: file('v4/Cargo.lock') }]]);
    expect([own(inventory), inventory.missing]).toEqual([[], []]);
  },
);

test('beginnings of compressed objects are told from other bytes', () => {
  for (const level of [1, 3, 6, 9])
    for (const list of [
      '{"packages":[]}',
      JSON.stringify({ packages: Array.from({ length: 99 }, (_, at) => `x${at * at}`) }),
    ])
      expect(mayBeObject(deflateSync(Buffer.from(list), { level }))).toBe(true);
  const random = randomOf(6);
  let taken = 0;
  for (let round = 0; round < 5000; round += 1) {
    const bytes = Buffer.from(Array.from({ length: 16 }, () => random() & 255));
    if (mayBeObject(Buffer.concat([Buffer.from([0x78, 0x9c]), bytes]))) taken += 1;
  }
  expect(taken).toBeLessThan(100);
});

test('no more streams are looked at than the scan allows', () => {
  const read = (left: number): boolean => {
    const reader = readProgram('aud', { left });
    reader.data(AUD.content);
    return readFindings(reader.end().content ?? Buffer.alloc(0)).rust !== null;
  };
  expect([read(20), read(0)]).toEqual([true, false]);
});

describe('hostile', () => {
  const withSection = (list: Buffer) =>
    Buffer.concat([ELF, Buffer.alloc(9000), deflateSync(list), Buffer.from('.dep-v0\0', 'latin1'), Buffer.alloc(64)]);
  test.each<[string, Buffer]>([
    ['is missing', Buffer.from('')],
    ['is no JSON', Buffer.from('{"packages":[{"name":')],
    [
      'unfolds to more than is read',
      Buffer.concat([Buffer.from('{"packages":["'), Buffer.alloc(64 * 1024 * 1024, 'x'), Buffer.from('"]}')]),
    ],
  ])('a program whose list %s is named', async (_name, list) => {
    const inventory = await take([[...SYSTEM, { path: 'app/x', content: withSection(list), mode: 0o755 }]]);
    expect([own(inventory), gaps(inventory)]).toEqual([[], ['unreadable rust-binary app/x']]);
  });

  test('a list without the section that it should lie in is none', async () => {
    const content = withSection(Buffer.from('{"packages":[{"name":"a","version":"1.0.0"}]}')).subarray(0, -72);
    expect(own(await take([[...SYSTEM, { path: 'app/x', content, mode: 0o755 }]]))).toEqual([]);
  });

  test('a lock that is none is named', async () => {
    const inventory = await take([
      [
        ...SYSTEM,
        { path: 'a/Cargo.lock', content: '[[' },
        { path: 'b/Cargo.lock', content: '[[package]]\nname = "a b"\nversion = "1"\n' },
      ],
    ]);
    expect(gaps(inventory)).toEqual(['unreadable cargo-lock a/Cargo.lock', 'unreadable cargo-lock b/Cargo.lock']);
  });

  test('damage never throws', () => {
    const random = randomOf(9);
    const at = AUD.content.indexOf(Buffer.from('789c758f', 'hex'));
    for (let round = 0; round < 200; round += 1) {
      const reader = readProgram('aud', newRustBudget());
      reader.data(AUD.content.subarray(0, 1024));
      reader.data(mutate(AUD.content.subarray(at - 64, AUD.content.length), random));
      const { content } = reader.end();
      if (content) parseAudit(readFindings(content).rust ?? '');
      parseCargoLock(mutate(file('v4/Cargo.lock'), random));
    }
  });
});
