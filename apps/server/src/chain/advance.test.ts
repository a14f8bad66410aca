import { describe, expect, test } from 'vitest';
import { planRun, type StepRow, type StepStateName } from './advance.ts';

/** `name(state) < need, need ! onDeny` */
const step = (name: string, state: StepStateName, needs: string[] = [], onDeny: string[] = []): StepRow => ({
  step_run_id: name,
  name,
  kind: 'inventory',
  needs,
  on_deny: onDeny,
  state,
});

describe('which steps of a run may start', () => {
  test.each<[string, StepRow[], string[], string[]]>([
    ['the first steps start, the others wait', [step('a', 'queued'), step('b', 'queued', ['a'])], ['a'], []],
    [
      'a step starts when all it needs has succeeded',
      [step('a', 'succeeded'), step('b', 'succeeded'), step('c', 'queued', ['a', 'b'])],
      ['c'],
      [],
    ],
    [
      'a step waits while one of its needs runs',
      [step('a', 'succeeded'), step('b', 'running'), step('c', 'queued', ['a', 'b'])],
      [],
      [],
    ],
    [
      'a step that waits for a person holds back what needs it',
      [step('a', 'waiting'), step('b', 'queued', ['a'])],
      [],
      [],
    ],
    [
      'a failure skips everything behind it, however far',
      [step('a', 'failed'), step('b', 'queued', ['a']), step('c', 'queued', ['b'])],
      [],
      ['b', 'c'],
    ],
    [
      'a denial skips what needs the gate and starts its branch',
      [step('gate', 'denied', [], ['record']), step('record', 'queued'), step('sign', 'queued', ['gate'])],
      ['record'],
      ['sign'],
    ],
    [
      'a branch of denial is skipped when nothing was denied',
      [step('gate', 'succeeded', [], ['record']), step('record', 'queued'), step('sign', 'queued', ['gate'])],
      ['sign'],
      ['record'],
    ],
    [
      'a branch of denial waits while the gate runs',
      [step('gate', 'running', [], ['record']), step('record', 'queued')],
      [],
      [],
    ],
    [
      'what needs a branch of denial follows it',
      [step('gate', 'denied', [], ['record']), step('record', 'succeeded'), step('tell', 'queued', ['record'])],
      ['tell'],
      [],
    ],
    [
      'what needs a branch that never ran is skipped',
      [step('gate', 'succeeded', [], ['record']), step('record', 'queued'), step('tell', 'queued', ['record'])],
      [],
      ['record', 'tell'],
    ],
    ['a finished run has nothing left', [step('a', 'succeeded'), step('b', 'denied', ['a'])], [], []],
  ])('%s', (_, steps, start, skip) => {
    expect(planRun(steps)).toEqual({ start, skip });
  });
});
