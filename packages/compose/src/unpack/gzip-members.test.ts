import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { allMembers, firstMember } from './gzip-members.ts';

const two = Buffer.concat([gzipSync('one'), gzipSync('two')]);

describe('a file of several gzip members', () => {
  test('is taken apart at their ends', async () => {
    const { raw, data, rest } = await firstMember(two, 100, 'it');
    expect([data.toString(), raw.length + rest.length]).toEqual(['one', two.length]);
    expect((await allMembers(two, 100, 'it')).toString()).toBe('onetwo');
  });

  test('is taken with a name and a comment in its header', async () => {
    const plain = gzipSync('named');
    const header = Buffer.from(plain.subarray(0, 10));
    header[3] = 8 | 16;
    const named = Buffer.concat([header, Buffer.from('name\0comment\0'), plain.subarray(10)]);
    expect((await firstMember(named, 100, 'it')).data.toString()).toBe('named');
  });

  test.each([
    ['a bomb', gzipSync(Buffer.alloc(1_000_000)), 'too-large'],
    [
      'several that are too much together',
      Buffer.concat([gzipSync('x'.repeat(600)), gzipSync('y'.repeat(600))]),
      'too-large',
    ],
    ['one that is cut short', two.subarray(0, 15), 'package-invalid'],
    [
      'a second that is none',
      Buffer.concat([gzipSync('one'), Buffer.from('two, but not compressed')]),
      'package-invalid',
    ],
    ['a header without an end', Buffer.concat([Buffer.from([31, 139, 8, 8]), Buffer.alloc(30, 65)]), 'package-invalid'],
    ['nothing', Buffer.from('x'), 'package-invalid'],
  ])('with %s is refused', async (_what, bytes, code) => {
    await expect(allMembers(bytes, 1000, 'it')).rejects.toMatchObject({ code });
  });
});
