/** Places the steps of a run from left to right, a column for each leg of the route. */
import type { ChainDefinition, StepRun } from '@pratique/contract';

export type Port = { step: StepRun; column: number; row: number };
export type Leg = { from: string; to: string /** Taken only when `from` denies. */; onDeny: boolean };
export type Route = { ports: Port[]; legs: Leg[]; columns: number; rows: number };

/**
 * A step stands one column after the last of what it needs, or of what leads to it on denial. Steps of a branch for
 * denials stand below the main line.
 *
 * @param definition the chain, which knows the branches for denials; runs of older versions may lack it
 */
export function layOut(steps: readonly StepRun[], definition: ChainDefinition | null): Route {
  const names = new Set(steps.map((step) => step.name));
  const legs: Leg[] = steps.flatMap((step) =>
    step.needs.filter((need) => names.has(need)).map((from) => ({ from, to: step.name, onDeny: false })),
  );
  for (const step of definition?.steps ?? [])
    for (const to of step.on_deny)
      if (names.has(step.name) && names.has(to)) legs.push({ from: step.name, to, onDeny: true });
  const columns = columnsOf(steps, legs);
  const branch = branchOf(steps, legs);
  const taken = new Map<number, number>();
  const ports: Port[] = [...steps]
    .sort((a, b) => Number(branch.has(a.name)) - Number(branch.has(b.name)))
    .map((step) => {
      const column = columns.get(step.name) ?? 0;
      const row = taken.get(column) ?? 0;
      taken.set(column, row + 1);
      return { step, column, row };
    });
  return {
    ports: ports.sort((a, b) => a.column - b.column || a.row - b.row),
    legs,
    columns: Math.max(0, ...columns.values()) + 1,
    rows: Math.max(1, ...taken.values()),
  };
}

function columnsOf(steps: readonly StepRun[], legs: readonly Leg[]): Map<string, number> {
  const columns = new Map(steps.map((step) => [step.name, 0]));
  // At most one pass for each step: longer would be a cycle, which no valid chain has.
  for (let pass = 0, moved = true; moved && pass < steps.length; pass++) {
    moved = false;
    for (const { from, to } of legs) {
      const after = (columns.get(from) ?? 0) + 1;
      if ((columns.get(to) ?? 0) >= after) continue;
      columns.set(to, after);
      moved = true;
    }
  }
  return columns;
}

/** Steps that are reached by way of a denial only. */
function branchOf(steps: readonly StepRun[], legs: readonly Leg[]): Set<string> {
  const branch = new Set<string>();
  for (const step of steps) {
    const into = legs.filter((leg) => leg.to === step.name);
    if (into.length > 0 && into.every((leg) => leg.onDeny || branch.has(leg.from))) branch.add(step.name);
  }
  return branch;
}
