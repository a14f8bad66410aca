/** Where the ports of a route stand. */
import { ChainDefinition, type StepRun } from '@pratique/contract';
import { expect, test } from 'vitest';
import { layOut } from './lay-out.ts';
import { mostTelling } from './route.tsx';

const step = (name: string, needs: string[] = [], state: StepRun['state'] = 'queued'): StepRun => ({
  name,
  kind: 'attest',
  state,
  needs,
  attempts: 0,
  startedAt: null,
  finishedAt: null,
  approval: null,
  summary: null,
  error: null,
});
const STEPS = [
  step('inventory'),
  step('scan', ['inventory']),
  step('gate', ['scan']),
  step('record-denial'),
  step('sign', ['gate']),
  step('attest', ['gate']),
  step('deliver', ['sign', 'attest']),
];
const DEFINITION = ChainDefinition.parse({
  name: 'default',
  repositories: ['**'],
  steps: STEPS.map(({ name, needs }) => ({
    name,
    kind: name === 'gate' ? 'gate' : 'attest',
    needs,
    on_deny: name === 'gate' ? ['record-denial'] : [],
  })),
});
const placed = (definition: ChainDefinition | null) =>
  Object.fromEntries(layOut(STEPS, definition).ports.map(({ step, column, row }) => [step.name, `${column},${row}`]));

test('each step stands one column after what it needs, and the branch for denials below the main line', () => {
  expect(placed(DEFINITION)).toEqual({
    inventory: '0,0',
    scan: '1,0',
    gate: '2,0',
    sign: '3,0',
    attest: '3,1',
    'record-denial': '3,2',
    deliver: '4,0',
  });
});

test('without the definition the branch stands at the beginning, below what starts the route', () => {
  expect(placed(null)['record-denial']).toBe('0,1');
});

test('the way to the branch is marked as taken on denial only', () => {
  const { legs, columns, rows } = layOut(STEPS, DEFINITION);
  expect(legs.filter((leg) => leg.onDeny)).toEqual([{ from: 'gate', to: 'record-denial', onDeny: true }]);
  expect([columns, rows]).toEqual([5, 3]);
});

test('steps that need each other, which no server sends, still end', () => {
  expect(layOut([step('a', ['b']), step('b', ['a'])], null).ports).toHaveLength(2);
});

test.each([
  [['succeeded', 'failed', 'queued'], 1],
  [['succeeded', 'waiting', 'queued'], 1],
  [['succeeded', 'denied', 'succeeded'], 1],
  [['succeeded', 'running', 'queued'], 1],
  [['succeeded', 'succeeded', 'skipped'], 1],
  [['queued', 'queued', 'queued'], 0],
] as const)('of %j the one to look at first is number %d', (states, index) => {
  const ports = states.map((state, column) => ({ step: step(`s${column}`, [], state), column, row: 0 }));
  expect(mostTelling(ports)).toBe(ports[index]);
});
