/** Reasons of statements in words. */
import { expect, test } from 'vitest';
import { en } from '../../../catalogue/en/en.ts';
import { justificationIn } from './justification.ts';

test.each([
  ['vulnerable_code_not_in_execute_path', 'The vulnerable code is never run'],
  ['code_not_reachable', 'The vulnerable code is never run'],
  ['of_a_later_specification', 'of_a_later_specification'],
  ['constructor', 'constructor'],
  [null, null],
])('%s', (term, words) => expect(justificationIn(term, en.vex)).toBe(words));
