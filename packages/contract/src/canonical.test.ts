import { describe, expect, test } from 'vitest';
import { canonicalJson } from './canonical.ts';
import { canonicalDigest } from './canonical-digest.ts';

describe('canonical JSON', () => {
  const written: [string, unknown, string][] = [
    [
      'sorts keys by UTF-16 code units at every level (RFC 8785, 3.2.3)',
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 },
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    ],
    [
      'writes numbers as ECMAScript does',
      [1 / 3, 1e30, 4.5, 2e-3, 1e-27, -0],
      '[0.3333333333333333,1e+30,4.5,0.002,1e-27,0]',
    ],
    ['escapes only what JSON must', '\u20ac$\u000f\na\'\u0042\u0022\u005c\\"/', '"€$\\u000f\\na\'B\\"\\\\\\\\\\"/"'],
    [
      'leaves undefined properties out and keeps null',
      { b: undefined, a: null, c: [undefined] },
      '{"a":null,"c":[null]}',
    ],
    ['writes dates as their ISO text', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  ];
  test.each(written)('%s', (_, value, text) => expect(canonicalJson(value)).toBe(text));

  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const refused: [string, unknown][] = [
    ['a cycle', cycle],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a function', { f: () => 1 }],
    ['a bigint', 1n],
    ['a lone surrogate', '\ud800'],
  ];
  test.each(refused)('refuses %s', (_, value) => expect(() => canonicalJson(value)).toThrow(TypeError));

  test('the digest does not depend on the order of keys', () => {
    expect(canonicalDigest({ a: 1, b: [1, 2] })).toBe(canonicalDigest({ b: [1, 2], a: 1 }));
    expect(canonicalDigest({ a: 1, b: [2, 1] })).not.toBe(canonicalDigest({ b: [1, 2], a: 1 }));
    expect(canonicalDigest({})).toBe('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});
