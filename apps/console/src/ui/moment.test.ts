/** Which time a moment is told against. */
import { expect, test } from 'vitest';
import { clockFor } from './moment.tsx';

const AT = 1_000_000;

test.each([
  ['the shared clock as it ticked last', AT - 60_000, AT - 4_000, AT - 4_000],
  ['a clock that stood still is at most ten seconds behind', AT - 60_000, AT - 90_000, AT - 10_000],
  ['what was made since the last tick is told against now, so that it does not lie ahead', AT - 3_000, AT - 8_000, AT],
  ['what lies ahead stays ahead', AT + 60_000, AT - 8_000, AT - 8_000],
])('%s', (_name, moment, ticked, current) => expect(clockFor(moment, ticked, AT)).toBe(current));
