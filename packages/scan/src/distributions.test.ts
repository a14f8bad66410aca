/** Support of releases: the last day counts, and what is not in the table is not supported. */
import { expect, test } from 'vitest';
import { supportOf } from './distributions.ts';

test.each<[string, string, string | null, string, boolean, boolean]>([
  ['debian', '12', 'bookworm', '2026-11-22', true, true],
  ['debian', '12.5', null, '2028-06-30', true, true],
  ['debian', '12', null, '2028-07-01', true, false],
  ['debian', '11', 'bullseye', '2026-08-31', true, true],
  ['debian', '11', 'bullseye', '2026-09-01', true, false],
  ['debian', '', 'trixie', '2026-11-22', true, true],
  ['debian', '', null, '2026-11-22', false, false],
  ['alpine', '3.20.3', null, '2026-11-22', true, false],
  ['alpine', '3.23.0', null, '2026-11-22', true, true],
  ['alpine', '3.2', null, '2026-11-22', false, false],
  ['ubuntu', '24.04', 'noble', '2026-11-22', true, true],
  ['ubuntu', '20.04', 'focal', '2026-11-22', true, false],
  ['almalinux', '9.4', null, '2026-11-22', true, true],
  ['somethingelse', '1', null, '2026-11-22', false, false],
])('%s %s (%s) on %s: known %s, supported %s', (id, version, codename, day, known, supported) => {
  expect(supportOf({ id, version, codename }, new Date(`${day}T23:59:59Z`))).toMatchObject({ known, supported });
});
