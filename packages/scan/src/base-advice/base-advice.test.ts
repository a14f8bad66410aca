/** Tags worth a look, and what bases would change, in numbers. */
import type { Severity } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { findingOf, packageOf } from '../package.fixture.ts';
import { adviseBase, bestCandidate, type ScannedImage } from './advise-base.ts';
import { orderTags } from './order-tags.ts';

test.for<[string, string[], string[]]>([
  [
    '12.5-slim',
    ['12.4-slim', '12.5-slim', '12.7-slim', '12-slim', '13.1-slim', '12.7', 'latest', '13-rc-slim'],
    ['12.5-slim', '12-slim', '13.1-slim', '12.7-slim'],
  ],
  [
    'bookworm-20260112',
    ['bookworm-20260112', 'bookworm-20251201', 'bookworm-20260301', 'trixie-20260301'],
    ['bookworm-20260112', 'bookworm-20260301'],
  ],
  [
    '3.12.4-alpine3.19',
    ['3.12.4-alpine3.20', '3.12.9-alpine3.19', '3.13.0-alpine3.21', '3.12.4'],
    ['3.12.9-alpine3.19', '3.13.0-alpine3.21', '3.12.4-alpine3.20'],
  ],
  ['latest', ['latest', '1.0'], ['latest']],
  ['1.0', [], []],
])('of the tags beside %s', ([tag, tags, expected]) => {
  expect(orderTags(tag, tags, 5)).toEqual(expected);
});

const LAYERS = { base: `sha256:${'1'.repeat(64)}`, own: `sha256:${'2'.repeat(64)}` };

/** `name version CVE severity` for each package with one hole. */
function scan(rows: [string, string, string, Severity, keyof typeof LAYERS][]): ScannedImage {
  const packages = rows.map(([name, version, , , layer]) => packageOf('deb', name, version, { layer: LAYERS[layer] }));
  return {
    packages,
    findings: rows.flatMap(([, , id, severity], at) => {
      const each = packages[at];
      return each && id !== '' ? [findingOf(id, each, { severity })] : [];
    }),
  };
}

describe('advice', () => {
  const base = scan([
    ['openssl', '1', 'CVE-2026-1', 'critical', 'base'],
    ['zlib', '1', 'CVE-2026-2', 'low', 'base'],
  ]);
  const image = scan([
    ['openssl', '1', 'CVE-2026-1', 'critical', 'own'], // the database was written again when curl came
    ['zlib', '1', 'CVE-2026-2', 'low', 'base'],
    ['curl', '1', 'CVE-2026-3', 'high', 'own'],
  ]);
  const candidate = (reference: string, rows: Parameters<typeof scan>[0]) => ({
    reference,
    digest: `sha256:${reference.padEnd(64, '0')}`,
    scan: scan(rows),
  });
  const advice = adviseBase({
    image,
    baseLayers: new Set([LAYERS.base]),
    base,
    candidates: [
      candidate('a', [['openssl', '1', 'CVE-2026-1', 'critical', 'base']]),
      candidate('b', [
        ['openssl', '2', '', 'low', 'base'],
        ['zlib', '1', 'CVE-2026-2', 'low', 'base'],
        ['bash', '1', 'CVE-2026-4', 'medium', 'base'],
      ]),
    ],
  });

  test('tells the base’s findings from the application’s', () => {
    expect(advice.findings).toMatchObject({
      total: 3,
      fromBase: { critical: 1, low: 1, high: 0 },
      fromApplication: { high: 1, critical: 0 },
    });
  });

  test('puts the base first that leaves the least, worst first, with the application’s own', () => {
    expect(
      advice.candidates.map(({ reference, clears, adds, remaining }) => ({ reference, clears, adds, remaining })),
    ).toEqual([
      {
        reference: 'b',
        clears: 1,
        adds: 1,
        remaining: { critical: 0, high: 1, medium: 1, low: 1, negligible: 0, unknown: 0 },
      },
      {
        reference: 'a',
        clears: 1,
        adds: 0,
        remaining: { critical: 1, high: 1, medium: 0, low: 0, negligible: 0, unknown: 0 },
      },
    ]);
    expect(bestCandidate(advice)?.reference).toBe('b');
  });

  test('names none where none leaves less', () => {
    const same = adviseBase({
      image,
      baseLayers: new Set([LAYERS.base]),
      base,
      candidates: [{ reference: 'same', digest: LAYERS.base, scan: base }],
    });
    expect(bestCandidate(same)).toBeNull();
    expect(bestCandidate({ ...same, candidates: [] })).toBeNull();
  });
});
