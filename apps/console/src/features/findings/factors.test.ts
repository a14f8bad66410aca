/** The factors of a score come to the score. */
import { expect, test } from 'vitest';
import { factorsOf, IMAGE_POINTS } from './factors.ts';

test.each([
  [
    'exploited, likely and fixable',
    { exploited: true, severity: 'critical', fixedVersion: '2', priority: 86 },
    [35, 20, 25, 6],
  ],
  ['rated alone', { exploited: false, severity: 'high', fixedVersion: null, priority: 18 }, [0, 0, 18, 0]],
  [
    'unrated, somewhat likely',
    { exploited: false, severity: 'unknown', fixedVersion: '2', priority: 25 },
    [0, 7, 12, 6],
  ],
] as const)('%s', (_, row, points) => {
  expect(factorsOf(row).map((factor) => factor.points)).toEqual(points);
  expect(points.reduce((sum: number, one) => sum + one, 0)).toBe(row.priority);
});

test('an image can add what is missing to a hundred', () => expect(86 + IMAGE_POINTS).toBe(100));
