import type { Violation } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';

const violation = (constraint: string, action: Violation['action'], msg: string, details = {}): Violation => ({
  constraint,
  template: 'T',
  action,
  msg,
  details,
});

describe('a decision', () => {
  test.each<[string, Violation[], 'allow' | 'deny', string[]]>([
    ['allows without violations', [], 'allow', []],
    [
      'allows with warnings and dry runs',
      [violation('a', 'dryrun', 'x'), violation('a', 'warn', 'y')],
      'allow',
      ['y', 'x'],
    ],
    [
      'denies with a single denial, which stands first',
      [violation('a', 'warn', 'w'), violation('b', 'deny', 'd')],
      'deny',
      ['d', 'w'],
    ],
    [
      'lists reasons by constraint, then by message',
      [violation('b', 'deny', '1'), violation('a', 'deny', '3'), violation('a', 'deny', '2')],
      'deny',
      ['2', '3', '1'],
    ],
    [
      'puts the count of what is not listed behind what is',
      [violation('a', 'deny', '9 more', { omitted: 9 }), violation('a', 'deny', 'CVE-1')],
      'deny',
      ['CVE-1', '9 more'],
    ],
  ])('%s', (_, violations, decision, messages) => {
    const decided = decide(violations);
    expect(decided.decision).toBe(decision);
    expect(decided.reasons.map((reason) => reason.message)).toEqual(messages);
  });
});
