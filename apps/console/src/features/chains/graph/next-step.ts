/** Where an arrow key leads from a step: along a line to the side, within the column up and down. */
import type { Graph } from './lay-out-graph.ts';

/** @returns null for other keys, and where there is nothing in that direction */
export function nextStep({ nodes }: Graph, from: number, key: string): number | null {
  const here = nodes.find((node) => node.index === from);
  if (!here) return null;
  if (key === 'ArrowUp' || key === 'ArrowDown') {
    const down = key === 'ArrowDown' ? 1 : -1;
    const column = nodes.filter((node) => node.column === here.column && (node.row - here.row) * down > 0);
    return nearest(column, (node) => Math.abs(node.row - here.row));
  }
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const right = key === 'ArrowRight' ? 1 : -1;
    const ahead = nodes.filter((node) => (node.column - here.column) * right > 0);
    return nearest(ahead, (node) => Math.abs(node.column - here.column) * 1000 + Math.abs(node.row - here.row));
  }
  return null;
}

function nearest(nodes: Graph['nodes'], distance: (node: Graph['nodes'][number]) => number): number | null {
  return nodes.toSorted((a, b) => distance(a) - distance(b))[0]?.index ?? null;
}
