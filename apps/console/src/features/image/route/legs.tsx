/** The lines between the ports, drawn behind them. */
import type { Leg, Port, Route } from './lay-out.ts';

/** Geometry shared with route.css: a port's box, and where its sign's middle lies. */
const COLUMN = 160;
const ROW = 72;
const SIGN_X = 18;
const SIGN_Y = 20;

export function Legs({ route }: { route: Route }) {
  const byName = new Map(route.ports.map((port) => [port.step.name, port]));
  // What was sailed is drawn over what was not, so that a shared stretch shows the way that was taken.
  const inOrder = route.legs.toSorted((a, b) => Number(isSailed(a, byName)) - Number(isSailed(b, byName)));
  return (
    <svg className="legs" width={route.columns * COLUMN} height={route.rows * ROW} aria-hidden="true">
      {inOrder.map((leg) => (
        <path
          key={`${leg.from} ${leg.to}`}
          d={pathOf(byName.get(leg.from), byName.get(leg.to))}
          className={stateOf(leg, byName)}
        />
      ))}
    </svg>
  );
}

/** Straight along the row, then down and on where the rows differ. */
function pathOf(from: Port | undefined, to: Port | undefined): string {
  if (!from || !to) return '';
  const x1 = from.column * COLUMN + SIGN_X;
  const y1 = from.row * ROW + SIGN_Y;
  const x2 = to.column * COLUMN + SIGN_X;
  const y2 = to.row * ROW + SIGN_Y;
  if (y1 === y2) return `M${x1} ${y1}H${x2}`;
  const bend = x2 - 24;
  const sign = Math.sign(y2 - y1);
  return `M${x1} ${y1}H${bend - 8}q8 0 8 ${8 * sign}V${y2 - 8 * sign}q0 ${8 * sign} 8 ${8 * sign}H${x2}`;
}

function stateOf(leg: Leg, ports: Map<string, Port>): string {
  const underWay = ports.get(leg.to)?.step.state === 'running';
  return [leg.onDeny ? 'deny' : '', isSailed(leg, ports) ? 'sailed' : '', underWay ? 'under-way' : ''].join(' ');
}

function isSailed(leg: Leg, ports: Map<string, Port>): boolean {
  const state = ports.get(leg.to)?.step.state;
  return state !== undefined && state !== 'queued' && state !== 'skipped';
}
