/** Asks the engine about the constraints that match and names each violation's constraint and action. */
import type { Violation } from '@pratique/contract';
import { type Bundle, constraintKey } from './bundle.ts';
import type { Constraint } from './constraint.ts';
import type { PolicyEngine } from './engine/client.ts';

export type EvaluateOptions = {
  /** For the review as a whole, at most 5000. */
  timeoutMs?: number;
  /** Scope of data.inventory. */
  inventory?: string;
  /** Per constraint, at most 10000. */
  maxViolations?: number;
};

/** An evaluation that failed is a violation with the failure's text, so that a broken policy of the kind `deny` denies. */
export async function collectViolations(
  engine: PolicyEngine,
  bundle: Bundle,
  target: string,
  constraints: readonly Constraint[],
  review: unknown,
  options: EvaluateOptions & { timeoutMs: number },
): Promise<Violation[]> {
  if (constraints.length === 0) return [];
  const byKey = new Map(constraints.map((constraint) => [constraintKey(constraint), constraint]));
  const results = await engine.evaluate({ bundle, target, constraints: [...byKey.keys()], review, ...options });
  return results.flatMap((result) => {
    const constraint = byKey.get(result.constraint);
    if (!constraint) return [];
    const about = { constraint: constraint.name, template: constraint.kind, action: constraint.action };
    if (result.error)
      return [
        { ...about, msg: `The policy could not be evaluated: ${result.error}.`, details: { error: result.error } },
      ];
    return result.violations.map(({ msg, details }) => ({ ...about, msg, details: asRecord(details) }));
  });
}

function asRecord(details: unknown): Record<string, unknown> {
  if (typeof details === 'object' && details !== null && !Array.isArray(details))
    return details as Record<string, unknown>;
  return details === undefined || details === null ? {} : { value: details };
}
