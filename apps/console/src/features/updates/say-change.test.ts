/** What a change is told by. */
import type { AdvisoryChangeRow } from '@pratique/contract';
import { expect, test } from 'vitest';
import { en } from '../../catalogue/en/en.ts';
import { sayChange } from './say-change.ts';

const known = { severity: 'high', status: 'affected', fixedVersion: null, exploited: false } as const;
type Row = Pick<AdvisoryChangeRow, 'kind' | 'before' | 'after'>;

test.each<[Row, string]>([
  [{ kind: 'affected', before: null, after: { ...known, fixedVersion: '1.3' } }, 'fixed in 1.3'],
  [{ kind: 'affected', before: null, after: known }, 'no fix'],
  [{ kind: 'cleared', before: known, after: null }, 'no longer a hole in this package'],
  [{ kind: 'cleared', before: known, after: { ...known, status: 'not-affected' } }, 'affected → not affected'],
  [{ kind: 'changed', before: known, after: { ...known, severity: 'critical' } }, 'High → Critical'],
  [{ kind: 'changed', before: known, after: { ...known, fixedVersion: '2' } }, 'fix: no fix → 2'],
  [
    { kind: 'changed', before: known, after: { ...known, exploited: true, severity: 'low' } },
    'High → Low; known to be exploited now',
  ],
])('%j', (row, said) => expect(sayChange(row, en.updates, en.image, en.words)).toBe(said));
