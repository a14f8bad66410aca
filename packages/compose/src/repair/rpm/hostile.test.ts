/** Packages of rpm made to do harm: headers that claim too much, archives that point elsewhere. */
import { describe, expect, test } from 'vitest';
import { ComposeError } from '../../error.ts';
import { Tree } from '../../files/tree.ts';
import { withoutSha256Check } from '../../unpack/xz-check.ts';
import { readCpio } from './cpio.ts';
import { findRpmDatabase } from './database.ts';
import type { RpmFile } from './file-list.ts';
import { int32Entry, RpmHeader, TAG, writeRecord } from './header.ts';
import { rpmNeeds } from './relations.ts';
import { compareRpmVersions } from './version.ts';

const broken = (why: string) => new ComposeError('package-invalid', why);
const words = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, at * 4);
  return bytes;
};

describe('a header', () => {
  test.each([
    ['cut short', words(1)],
    ['without entries', words(0, 0)],
    ['with more entries than bytes', words(3, 8, 1000, 6, 0, 1)],
    ['with more entries than rpm takes', words(0x10000, 0)],
    ['with more bytes than there are', words(1, 500, 1000, 6, 0, 1)],
    ['whose value begins behind its end', Buffer.concat([words(1, 4, 1000, 4, 8, 1), Buffer.alloc(4)])],
    ['whose text has no end', Buffer.concat([words(1, 4, 1000, 6, 0, 1), Buffer.from('abcd')])],
    [
      'whose list is longer than its bytes',
      Buffer.concat([words(1, 4, 1117, 8, 0, 0xffffffff), Buffer.from('a\0b\0')]),
    ],
    ['with numbers beyond its end', Buffer.concat([words(1, 4, 1028, 4, 0, 0x3fffffff), Buffer.alloc(4)])],
    ['of unknown type', Buffer.concat([words(1, 4, 1000, 77, 0, 1), Buffer.alloc(4)])],
  ])('%s is refused', (_what, bytes) => {
    expect(() => RpmHeader.parse(bytes, broken)).toThrow(ComposeError);
  });

  test('without an immutable region is not recorded as if it were signed', () => {
    const header = RpmHeader.parse(Buffer.concat([words(1, 4, 1000, 6, 0, 1), Buffer.from('abc\0')]), broken);
    expect(() => writeRecord(header, [int32Entry(TAG.installTime, 1)], 'it')).toThrow(/immutable region/);
  });
});

const file = (path: string, more: Partial<RpmFile> = {}): RpmFile => ({
  index: 0,
  path,
  mode: 0o100644,
  size: 1,
  digest: '',
  flags: 0,
  user: 'root',
  group: 'root',
  mtime: 0,
  rdev: 0,
  target: '',
  inode: 1,
  lang: '',
  caps: '',
  state: 0,
  ...more,
});

function entry(name: string, content: string, { size = content.length, magic = '070701' } = {}): Buffer {
  const field = (value: number) => value.toString(16).padStart(8, '0');
  const fields = [1, 0o100644, 0, 0, 1, 0, size, 0, 0, 0, 0, name.length + 1, 0].map(field).join('');
  const head = Buffer.from(`${magic}${fields}${name}\0`, 'latin1');
  const pad = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  return Buffer.concat([pad(head), pad(Buffer.from(content))]);
}
const END = entry('TRAILER!!!', '');

describe('an archive in a package', () => {
  const read = (bytes: Buffer, files: RpmFile[]) =>
    readCpio((offset, size) => bytes.subarray(offset, offset + size), bytes.length, files, 'it');

  test('is read by the names of the header', () => {
    const bytes = Buffer.concat([entry('./etc/a', 'x'), END]);
    const extent = read(bytes, [file('/etc/a')]).get(0);
    expect(bytes.toString('latin1', extent?.offset, (extent?.offset ?? 0) + 1)).toBe('x');
  });

  test.each([
    ['a name out of the tree', [entry('./../../etc/passwd', 'x'), END]],
    ['a name that the header does not have', [entry('./etc/b', 'x'), END]],
    ['more content than there is', [entry('./etc/a', 'x', { size: 0x7fffffff }), END]],
    ['no end', [entry('./etc/a', 'x')]],
    ['another form', [entry('./etc/a', 'x', { magic: '070707' }), END]],
    ['a number that the header does not have', [Buffer.from('07070X00000009', 'latin1'), Buffer.alloc(8), END]],
  ])('with %s is refused', (_what, parts) => {
    expect(() => read(Buffer.concat(parts), [file('/etc/a')])).toThrow(ComposeError);
  });
});

test('xz streams that only look as if they had the check are left to the decoder', () => {
  const lie = Buffer.concat([
    Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0x0a]),
    Buffer.alloc(40, 255),
    Buffer.from('YZ'),
  ]);
  expect(withoutSha256Check(lie)).toBe(lie);
});

test.each([
  ['(a or b)', ['b'], true],
  ['(a and b)', ['b'], false],
  ['(a if b)', [], true],
  ['(a if b)', ['b'], false],
  ['(a if b else c)', ['c'], true],
  ['(a unless b)', ['a', 'b'], false],
  ['((a or b) and (c or d))', ['b', 'd'], true],
  ['(perl(Foo) with perl(Bar))', [], false],
  ['(a or b', ['a', 'b'], false],
])('the rich dependency %s beside %j is met: %s', (text, names, expected) => {
  const [need] = rpmNeeds([{ name: text, operator: '', version: '' }]);
  const unit = { name: '', version: '1', architecture: '', provides: [], needs: [], conflicts: [], obsoletes: [] };
  expect(need?.isMet(({ name }) => (names.includes(name) ? [unit] : []))).toBe(expected);
});

test.each([
  ['1.0-1', '1.0-2', -1],
  ['1:1.0-1', '2.0-1', 1],
  ['1.0~rc1-1', '1.0-1', -1],
  ['1.0^git1-1', '1.0-1', 1],
  ['1.0^git1-1', '1.0.1-1', -1],
  ['1.10-1', '1.9-1', 1],
  ['1.0a-1', '1.0-1', 1],
  ['1.0.el9_2-1', '1.0.el9-1', 1],
])('%s against %s orders %i', (a, b, expected) => {
  expect(Math.sign(compareRpmVersions(a, b))).toBe(expected);
});

test('a database that is not written is told by its name', () => {
  const tree = new Tree(0);
  tree.write('/var/lib/rpm/Packages.db', { size: 0, read: () => Buffer.alloc(0) });
  expect(findRpmDatabase(tree)).toEqual({ path: '/var/lib/rpm/Packages.db', kind: 'ndb' });
});
