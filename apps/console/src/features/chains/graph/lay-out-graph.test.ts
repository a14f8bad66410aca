/** Where the steps of a chain are drawn. */
import { CHAIN_TEMPLATES, chainFromTemplate } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { layOutGraph } from './lay-out-graph.ts';

const step = (name: string, needs: string[] = [], on_deny: string[] = []) => ({ name, needs, on_deny });
const placed = (steps: ReturnType<typeof step>[]): Record<string, string> =>
  Object.fromEntries(
    layOutGraph(steps).nodes.map(({ index, column, row }) => [steps[index]?.name, `${column},${row}`]),
  );

describe('a chain as a graph', () => {
  test('a step stands one column after the last of what it needs, a branch for denials below the main line', () => {
    expect(
      placed([
        step('scan'),
        step('gate', ['scan'], ['record']),
        step('record'),
        step('sign', ['gate']),
        step('attest', ['gate']),
        step('deliver', ['sign', 'attest']),
      ]),
    ).toEqual({ scan: '0,0', gate: '1,0', sign: '2,0', attest: '2,1', record: '2,2', deliver: '3,0' });
  });

  test('a line past a column has a place of its own there', () => {
    const { edges, nodes, rows } = layOutGraph([step('a'), step('b', ['a']), step('c', ['a', 'b'])]);
    expect(edges.find((edge) => edge.from === 0 && edge.to === 2)?.by).toHaveLength(1);
    expect(nodes.map(({ column }) => column)).toEqual([0, 1, 2]);
    expect(rows).toBe(2);
  });

  test('lines that need not cross do not', () => {
    expect(placed([step('a'), step('b'), step('of-b', ['b']), step('of-a', ['a'])])).toEqual({
      a: '0,0',
      b: '0,1',
      'of-a': '1,0',
      'of-b': '1,1',
    });
  });

  test('the same two steps joined in both ways have two lines', () => {
    const { edges } = layOutGraph([step('gate', [], ['sign']), step('sign', ['gate'])]);
    expect(new Set(edges.map(({ onDeny }) => onDeny))).toEqual(new Set([false, true]));
  });

  test.each(CHAIN_TEMPLATES)('in the template %s no two things stand in one place', (template) => {
    const { steps } = chainFromTemplate(template, { name: 'web', repositories: ['**'], deliverTo: ['customer/web'] });
    const { nodes, edges } = layOutGraph(steps);
    const places = [...nodes, ...edges.flatMap((edge) => edge.by)].map(({ column, row }) => `${column},${row}`);
    expect(new Set(places).size).toBe(places.length);
    for (const edge of edges) expect(nodes[edge.to]?.column).toBeGreaterThan(nodes[edge.from]?.column ?? Infinity);
  });

  test('drafts with circles, two steps of one name, or names of nothing are drawn as well', () => {
    expect(layOutGraph([step('a', ['b']), step('b', ['a']), step('b', ['nowhere', 'b'])]).nodes).toHaveLength(3);
    expect(layOutGraph([])).toEqual({ nodes: [], edges: [], columns: 0, rows: 0 });
  });

  test('forty steps that all need all before them are laid out', () => {
    const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
    const graph = layOutGraph(names.map((name, index) => step(name, names.slice(0, index))));
    expect([graph.columns, graph.edges.length]).toEqual([40, 780]);
  });
});
