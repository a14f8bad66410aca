/** The lines of a chain, drawn behind its steps; the steps say the same in words. */
import type { Edge, Graph } from './lay-out-graph.ts';

/** Geometry shared with graph.css: a column with its gap, a row with its gap, a step's box. */
const COLUMN = 212;
const ROW = 80;
const BOX = { width: 148, height: 64 };
/** Room for the arrow's head. */
const HEAD = 7;
/** How far a line to a branch goes sideways while it falls. */
const FALL = 8;

export function GraphLines({ graph, label }: { graph: Graph; label: string }) {
  return (
    <svg width={graph.columns * COLUMN} height={graph.rows * ROW} aria-hidden="true">
      {graph.edges.map((edge) => (
        <Line key={`${edge.from} ${edge.to} ${edge.onDeny}`} graph={graph} edge={edge} />
      ))}
      {graph.edges.map((edge) => (
        <Label key={`${edge.from} ${edge.to} ${edge.onDeny}`} graph={graph} edge={edge} label={label} />
      ))}
    </svg>
  );
}

/** Above where the line arrives; all of them are drawn after all lines, so that none crosses a word. */
function Label({ graph, edge, label }: { graph: Graph; edge: Edge; label: string }) {
  const to = graph.nodes[edge.to];
  if (!edge.onDeny || !to) return null;
  return (
    <text x={to.column * COLUMN - HEAD} y={middle(to.row) - 7} textAnchor="end">
      {label}
    </text>
  );
}

function Line({ graph, edge }: { graph: Graph; edge: Edge }) {
  const from = graph.nodes[edge.from];
  const to = graph.nodes[edge.to];
  if (!from || !to) return null;
  const end = { x: to.column * COLUMN - HEAD, y: middle(to.row) };
  const bend = edge.onDeny ? fall : curve;
  let path = `M${from.column * COLUMN + BOX.width} ${middle(from.row)}`;
  let x = from.column * COLUMN + BOX.width;
  let y = middle(from.row);
  for (const spot of edge.by) {
    path += bend(x, y, spot.column * COLUMN, middle(spot.row));
    x = spot.column * COLUMN + BOX.width;
    y = middle(spot.row);
    path += `H${x}`;
  }
  path += bend(x, y, end.x, end.y);
  return (
    <g className={edge.onDeny ? 'line deny' : 'line'}>
      <path d={path} />
      <path className="head" d={`M${end.x + HEAD} ${end.y}l-9 -4.5v9z`} />
    </g>
  );
}

const middle = (row: number): number => row * ROW + BOX.height / 2;

/** Falls at once and runs level from there, which leaves room for the label. */
function fall(x1: number, y1: number, x2: number, y2: number): string {
  if (y1 === y2) return `H${x2}`;
  return `C${x1 + FALL / 2} ${y1} ${x1 + FALL / 2} ${y2} ${x1 + FALL} ${y2}H${x2}`;
}

/** Leaves and arrives level. */
function curve(x1: number, y1: number, x2: number, y2: number): string {
  if (y1 === y2) return `H${x2}`;
  const half = (x1 + x2) / 2;
  return `C${half} ${y1} ${half} ${y2} ${x2} ${y2}`;
}
