/** Arrow keys in the graph of a chain. */
import { expect, test } from 'vitest';
import { layOutGraph } from './lay-out-graph.ts';
import { nextStep } from './next-step.ts';

const graph = layOutGraph([
  { name: 'scan', needs: [], on_deny: [] },
  { name: 'gate', needs: ['scan'], on_deny: ['record'] },
  { name: 'record', needs: [], on_deny: [] },
  { name: 'sign', needs: ['gate'], on_deny: [] },
]);

test.each([
  ['to the right, the step of the next column that is nearest', 1, 'ArrowRight', 3],
  ['to the left likewise', 2, 'ArrowLeft', 1],
  ['down within the column', 3, 'ArrowDown', 2],
  ['up within the column', 2, 'ArrowUp', 3],
  ['nowhere at the end', 3, 'ArrowRight', null],
  ['nowhere above the first', 0, 'ArrowUp', null],
  ['nowhere by another key', 0, 'Enter', null],
])('an arrow leads %s', (_case, from, key, to) => {
  expect(nextStep(graph, from, key)).toBe(to);
});
