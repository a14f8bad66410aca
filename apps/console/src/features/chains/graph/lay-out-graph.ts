/** Places the steps of a chain in columns by what they wait for, and finds a way for each line that crosses no step. */
import type { Step } from '@pratique/contract';

/** `index`: of the step in the chain, since an unfinished draft may have two of a name. */
export type Node = { index: number; column: number; row: number };
export type Edge = {
  from: number;
  to: number;
  /** Taken only when `from` denies. */
  onDeny: boolean;
  /** Between both ends, in each column that the line passes. */
  by: { column: number; row: number }[];
};
export type Graph = { nodes: Node[]; edges: Edge[]; columns: number; rows: number };

type Waits = Pick<Step, 'name' | 'needs' | 'on_deny'>;
/** A step, or where a long line passes a column. */
type Spot = { column: number; before: Spot[]; after: Spot[]; row: number };

const SWEEPS = 4;

/**
 * A step stands one column after the last of what leads to it. Lines that would make a circle, which no valid chain has,
 * are drawn but place nothing.
 */
export function layOutGraph(steps: readonly Waits[]): Graph {
  const edges = edgesOf(steps);
  const columns = columnsOf(steps.length, edges);
  const spots: Spot[] = steps.map((_, index) => spotAt(columns[index] ?? 0));
  const passed = new Map<Edge, Spot[]>();
  const all = [
    ...inOrder(steps, edges)
      .map((index) => spots[index])
      .filter((spot) => spot !== undefined),
  ];
  for (const edge of edges) {
    const way = wayOf(spots[edge.from], spots[edge.to]);
    passed.set(edge, way);
    all.push(...way);
  }
  const rows = arrangeRows(all);
  for (const edge of edges) edge.by = (passed.get(edge) ?? []).map(({ column, row }) => ({ column, row }));
  return {
    nodes: spots.map(({ column, row }, index) => ({ index, column, row })),
    edges,
    columns: Math.max(0, ...columns.map((column) => column + 1)),
    rows,
  };
}

const spotAt = (column: number): Spot => ({ column, before: [], after: [], row: 0 });

function edgesOf(steps: readonly Waits[]): Edge[] {
  const indexOf = new Map(steps.map(({ name }, index) => [name, index]).toReversed() as [string, number][]);
  const edges: Edge[] = [];
  const add = (from: number | undefined, to: number | undefined, onDeny: boolean): void => {
    if (from === undefined || to === undefined || from === to) return;
    if (!edges.some((edge) => edge.from === from && edge.to === to && edge.onDeny === onDeny))
      edges.push({ from, to, onDeny, by: [] });
  };
  for (const [index, step] of steps.entries()) {
    for (const need of step.needs) add(indexOf.get(need), index, false);
    for (const branch of step.on_deny) add(index, indexOf.get(branch), true);
  }
  return edges;
}

/** The longest way to each step, without the lines that lead back. */
function columnsOf(count: number, edges: readonly Edge[]): number[] {
  const columns: (number | undefined)[] = Array.from({ length: count });
  const open = new Set<number>();
  const into = Map.groupBy(edges, (edge) => edge.to);
  const visit = (index: number): number => {
    const known = columns[index];
    if (known !== undefined) return known;
    open.add(index);
    let column = 0;
    for (const { from } of into.get(index) ?? []) if (!open.has(from)) column = Math.max(column, visit(from) + 1);
    open.delete(index);
    columns[index] = column;
    return column;
  };
  return Array.from({ length: count }, (_, index) => visit(index));
}

/** The main line first, so that branches for denials stand below it. */
function inOrder(steps: readonly Waits[], edges: readonly Edge[]): number[] {
  const branch = (index: number): number => {
    const into = edges.filter((edge) => edge.to === index);
    return Number(into.length > 0 && into.every((edge) => edge.onDeny));
  };
  return steps.map((_, index) => index).toSorted((a, b) => branch(a) - branch(b) || a - b);
}

function wayOf(from: Spot | undefined, to: Spot | undefined): Spot[] {
  if (!from || !to || to.column <= from.column) return [];
  const way = Array.from({ length: to.column - from.column - 1 }, (_, i) => spotAt(from.column + 1 + i));
  const whole = [from, ...way, to];
  for (const [index, spot] of whole.entries()) {
    const next = whole[index + 1];
    if (!next) continue;
    spot.after.push(next);
    next.before.push(spot);
  }
  return way;
}

/**
 * Orders each column by where its neighbours stand, which takes most crossings away (Sugiyama's barycentres).
 *
 * @returns how many rows there are
 */
function arrangeRows(spots: readonly Spot[]): number {
  const columns = [...Map.groupBy(spots, (spot) => spot.column)].toSorted(([a], [b]) => a - b).map(([, each]) => each);
  for (const column of columns) number(column);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const back = sweep % 2 === 1;
    for (const column of back ? columns.toReversed() : columns) {
      const middle = new Map(column.map((spot) => [spot, middleOf(back ? spot.after : spot.before) ?? spot.row]));
      column.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0) || a.row - b.row);
      number(column);
    }
  }
  return Math.max(0, ...columns.map((column) => column.length));
}

function number(column: readonly Spot[]): void {
  for (const [row, spot] of column.entries()) spot.row = row;
}

function middleOf(spots: readonly Spot[]): number | null {
  return spots.length === 0 ? null : spots.reduce((sum, spot) => sum + spot.row, 0) / spots.length;
}
