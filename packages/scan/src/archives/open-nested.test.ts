/** Archives in archives: every form, every depth, and what is made to be expensive or to break readers. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { tar } from '@pratique/oci/layers/tar-fixture';
import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { mutate, randomOf } from '../catalogers/mutate.fixture.ts';
import { noise } from '../malware/samples.fixture.ts';
import { makeZip } from '../zip/zip.fixture.ts';
import type { NestedLimits } from './limits.ts';
import { openNested } from './open-nested.ts';

const PAYLOAD = Buffer.from('the payload of this test\n'.repeat(20));
const folder = mkdtempSync(join(tmpdir(), 'pratique-archives-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Found = { members: { path: string; content: Buffer; depth: number }[]; gaps: string[] };

async function openAll(bytes: Buffer, limits: Partial<NestedLimits> = {}, path = 'x'): Promise<Found> {
  const found: Found = { members: [], gaps: [] };
  for await (const item of openNested(bytes, path, limits))
    if (item.kind === 'member') found.members.push(item);
    else found.gaps.push(`${item.what.kind} ${item.what.path}`);
  return found;
}
const holds = ({ members }: Found): boolean => members.some(({ content }) => content.equals(PAYLOAD));

/** Runs a program of the system on bytes; the test is skipped where there is none. */
function through(ctx: TestContext, program: string, args: string[], input: Buffer): Buffer {
  const { status, stdout, error } = spawnSync(program, args, { input, cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  if (error) ctx.skip(`${program} is not installed`);
  expect(status).toBe(0);
  return stdout;
}

type Packer = (content: Buffer, ctx: TestContext) => Buffer;
const ar: Packer = (content) => {
  const head = `${'data/'.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.length).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(`!<arch>\n${head}`), content, Buffer.from(content.length % 2 ? '\n' : '')]);
};
const cpio =
  (form: string): Packer =>
  (content, ctx) => {
    writeFileSync(join(folder, 'member'), content);
    return through(ctx, 'cpio', ['-o', '-H', form, '--quiet'], Buffer.from('member\n'));
  };
const PACKERS: Readonly<Record<string, Packer>> = {
  zip: (content) => makeZip([{ name: 'a/b', content }]),
  'zip, stored': (content) => makeZip([{ name: 'a/b', content, method: 0 }]),
  tar: (content) => tar({ path: 'a/b', content }),
  gzip: (content) => gzipSync(content),
  zstd: (content) => zstdCompressSync(content),
  ar,
  bzip2: (content, ctx) => through(ctx, 'bzip2', ['-c'], content),
  xz: (content, ctx) => through(ctx, 'xz', ['-c'], content),
  'zip with bzip2': (content, ctx) =>
    makeZip([{ name: 'a', content, method: 12, raw: through(ctx, 'bzip2', ['-c'], content) }]),
  'zip with zstd': (content) => makeZip([{ name: 'a', content, method: 93, raw: zstdCompressSync(content) }]),
  'cpio, newc': cpio('newc'),
  'cpio, odc': cpio('odc'),
  'cpio, binary': cpio('bin'),
};

test.for(Object.keys(PACKERS))('%s is opened', async (name, ctx) => {
  const packed = PACKERS[name]?.(PAYLOAD, ctx) ?? Buffer.alloc(0);
  const found = await openAll(packed);
  expect(holds(found)).toBe(true);
  expect(found.gaps).toEqual([]);
});

test.each([1, 2, 3, 4, 5, 6])('an archive %i deep is opened, with another form at each depth', async (depth) => {
  const forms = ['zip', 'tar', 'ar', 'zip, stored'].map((name) => PACKERS[name] as Packer);
  let bytes: Buffer = PAYLOAD;
  for (let n = 0; n < depth; n += 1) bytes = gzipSync((forms[n % forms.length] as Packer)(bytes, {} as TestContext));
  const found = await openAll(bytes);
  expect(holds(found)).toBe(true);
  expect(found.members.find(({ content }) => content.equals(PAYLOAD))?.depth).toBe(depth);
});

test('a Debian package is opened to its files', async (ctx) => {
  const data = through(ctx, 'xz', ['-c'], tar({ path: './usr/bin/x', content: PAYLOAD }));
  const found = await openAll(ar(data, ctx), {}, 'x.deb');
  expect(found.members.map(({ path }) => path)).toEqual([
    'x.deb!/data',
    'x.deb!/data!/content',
    'x.deb!/data!/content!/./usr/bin/x',
  ]);
});

describe('made to cost much', () => {
  test('a bomb is opened up to the limit, and named', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    const found = await openAll(bomb, { ratioFloor: 1024 * 1024, ratio: 10 });
    expect(found.gaps).toEqual(['partial x!/content']);
    expect(found.members[0]?.content.length).toBeLessThan(4 * 1024 * 1024);
  });

  test('a bomb of many small steps is stopped by the sum', async () => {
    const stage = makeZip(
      Array.from({ length: 20 }, (_, n) => ({ name: `${n}`, content: Buffer.alloc(4 * 1024 * 1024) })),
    );
    const bomb = makeZip(Array.from({ length: 20 }, (_, n) => ({ name: `${n}.zip`, content: stage, method: 0 })));
    const found = await openAll(bomb, { bytes: 64 * 1024 * 1024 });
    expect(found.gaps.some((gap) => gap.startsWith('limit '))).toBe(true);
    expect(found.members.reduce((sum, { content }) => sum + content.length, 0)).toBeLessThan(80 * 1024 * 1024);
  });

  test('entries that overlap are charged each time', async () => {
    const [one] = [makeZip([{ name: 'a', content: Buffer.alloc(1024 * 1024), method: 0 }])];
    const inner = Array.from({ length: 100 }, (_, n) => ({ name: `${n}`, content: one as Buffer, method: 0 }));
    const found = await openAll(makeZip(inner), { bytes: 8 * 1024 * 1024, ratioFloor: 8 * 1024 * 1024, ratio: 0 });
    expect(found.gaps.at(-1)).toMatch(/^limit /);
  });

  test('what lies deeper than the limit is named, not opened', async () => {
    let bytes: Buffer = PAYLOAD;
    for (let n = 0; n < 12; n += 1) bytes = tar({ path: 'a', content: bytes });
    const found = await openAll(bytes);
    expect(holds(found)).toBe(false);
    expect(found.gaps.length).toBe(1);
    expect(found.gaps[0]).toMatch(/^limit /);
  });

  test('a stream compressed over and over comes to an end', async () => {
    let bytes: Buffer = PAYLOAD;
    for (let n = 0; n < 40; n += 1) bytes = gzipSync(bytes);
    const found = await openAll(bytes);
    expect(found.gaps).toHaveLength(1);
    expect(found.members.length).toBeLessThan(20);
  });

  test('more members than the limit are named', async () => {
    const many = tar(...Array.from({ length: 50 }, (_, n) => ({ path: `f${n}`, content: 'x' })));
    const found = await openAll(many, { members: 10 });
    expect(found.members).toHaveLength(10);
    expect(found.gaps).toEqual(['limit x']);
  });
});

describe('made to be overlooked', () => {
  test('a zip behind a picture, and one behind a program', async () => {
    for (const front of ['89504e470d0a1a0a', '7f454c460201010000'])
      expect(
        holds(
          await openAll(
            Buffer.concat([
              Buffer.from(front, 'hex'),
              Buffer.alloc(500, 7),
              makeZip([{ name: 'p', content: PAYLOAD }]),
            ]),
          ),
        ),
      ).toBe(true);
  });

  test('names that are no UTF-8, or that would move a terminal', async () => {
    const name = Buffer.from([0x61, 0xff, 0xfe, 0x1b, 0x5b, 0x32, 0x4a]);
    const found = await openAll(makeZip([{ name, content: PAYLOAD }]));
    expect(found.members[0]?.path).toBe('x!/a\ufffd\ufffd [2J');
  });

  test('what cannot be opened is named with its reason', async () => {
    const locked = makeZip([{ name: 'secret', content: PAYLOAD, flags: 1 }]);
    expect((await openAll(locked)).gaps).toEqual(['encrypted x!/secret']);
    expect((await openAll(makeZip([{ name: 'old', content: PAYLOAD, method: 6 }]))).gaps).toEqual([
      'unsupported x!/old',
    ]);
    expect((await openAll(Buffer.from('377abcaf271c0004', 'hex'))).gaps).toEqual(['unsupported x']);
    expect((await openAll(gzipSync(PAYLOAD).subarray(0, 20))).gaps[0]).toMatch(/^(unreadable|partial) /);
    expect((await openAll(tar({ path: 'a', content: PAYLOAD }).subarray(0, 600))).gaps).toEqual(['unreadable x']);
  });

  test('what came out before the damage is examined', async () => {
    const random = Buffer.concat([PAYLOAD, noise(300_000)]);
    const cut = gzipSync(random).subarray(0, 150_000);
    const found = await openAll(cut);
    expect(found.members[0]?.content.subarray(0, PAYLOAD.length)).toEqual(PAYLOAD);
    expect(found.gaps).toEqual(['partial x!/content']);
  });

  test('texts and pictures are no archives', async () => {
    for (const bytes of [
      PAYLOAD,
      Buffer.from('89504e470d0a1a0a00000000', 'hex'),
      Buffer.from('BZh9 is a header'),
      Buffer.alloc(2048),
    ])
      expect(await openAll(bytes)).toEqual({ members: [], gaps: [] });
  });
});

describe('damaged', () => {
  const seeds: Record<string, Buffer> = {
    zip: makeZip([
      { name: 'a', content: PAYLOAD },
      { name: 'b.tar', content: tar({ path: 'c', content: PAYLOAD }) },
    ]),
    tar: tar({ path: 'a', content: PAYLOAD }, { path: 'b.zip', content: makeZip([{ name: 'd', content: PAYLOAD }]) }),
    gzip: gzipSync(tar({ path: 'a', content: PAYLOAD })),
    zstd: zstdCompressSync(PAYLOAD),
    ar: ar(PAYLOAD, {} as TestContext),
    cpio: Buffer.from(`070701${'00000001'.repeat(6)}0000000a${'00000000'.repeat(4)}0000000200000000a\0`, 'latin1'),
    bzip2: readFileSync(join(import.meta.dirname, 'fixtures/words.bz2')),
  };
  test.each(Object.keys(seeds))('%s in two hundred ways: it comes to an end, and throws nothing', async (name) => {
    const random = randomOf(20_261_122);
    for (let round = 0; round < 200; round += 1) {
      const found = await openAll(mutate(seeds[name] ?? PAYLOAD, random), {
        bytes: 16 * 1024 * 1024,
        ratioFloor: 1024 * 1024,
      });
      for (const { content } of found.members) expect(content.length).toBeLessThanOrEqual(16 * 1024 * 1024);
    }
  });
});
