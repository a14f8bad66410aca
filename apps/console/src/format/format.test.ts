/** Figures and times in both languages. */
import { describe, expect, test } from 'vitest';
import { makeFormat } from './format.ts';

const en = makeFormat('en');
const zh = makeFormat('zh');
const NOW = Date.parse('2026-11-22T12:00:00Z');

describe('sizes', () => {
  test.each([
    [0, '0 byte'],
    [999, '999 byte'],
    [1000, '1 kB'],
    [5644, '5.6 kB'],
    [282_821, '283 kB'],
    [1_500_000_000, '1.5 GB'],
    [2e15, '2,000 TB'],
  ])('%d bytes are written as %s', (bytes, written) => expect(en.bytes(bytes)).toBe(written));
});

describe('how long ago', () => {
  test.each([
    ['2026-11-22T12:00:00Z', 'now', '现在'],
    ['2026-11-22T11:59:30Z', '30 seconds ago', '30秒钟前'],
    ['2026-11-22T11:00:00Z', '1 hour ago', '1小时前'],
    ['2026-11-20T11:00:00Z', '2 days ago', '2天前'],
    ['2026-12-22T12:00:00Z', 'in 4 weeks', '4周后'],
    ['2025-08-25T17:04:19Z', '1 year ago', '1年前'],
  ])('%s is %s', (at, english, chinese) => {
    expect(en.since(at, NOW)).toBe(english);
    expect(zh.since(at, NOW)).toBe(chinese);
  });
});

describe('how long it took', () => {
  test.each([
    ['2026-11-22T12:00:00.000Z', '2026-11-22T12:00:00.061Z', '61 ms'],
    ['2026-11-22T12:00:00.000Z', '2026-11-22T12:00:01.277Z', '1.3 secs'],
    ['2026-11-22T12:00:00.000Z', '2026-11-22T12:02:30.000Z', '2.5 mins'],
    ['2026-11-22T12:00:00.000Z', '2026-11-22T14:00:00.000Z', '2 hrs'],
    ['2026-11-22T12:00:01.000Z', '2026-11-22T12:00:00.000Z', '0 ms'],
  ])('from %s to %s is %s', (from, to, written) => expect(en.between(from, to)).toBe(written));
});
