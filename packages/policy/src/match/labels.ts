/** Kubernetes label selectors. */
import { z } from 'zod';

const Expression = z
  .strictObject({
    key: z.string().min(1).max(317),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: z.array(z.string()).max(1000).default([]),
  })
  .refine(
    (e) => (e.operator === 'Exists' || e.operator === 'DoesNotExist' ? e.values.length === 0 : e.values.length > 0),
    {
      message: 'In and NotIn need values, Exists and DoesNotExist take none',
    },
  );

export const LabelSelector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z.array(Expression).max(100).optional(),
});
export type LabelSelector = z.infer<typeof LabelSelector>;

/**
 * True when all requirements hold; an empty selector selects everything.
 * @see Kubernetes, "Labels and Selectors": NotIn also selects objects without the key
 */
export function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const has = (key: string) => Object.hasOwn(labels, key);
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => has(key) && labels[key] === value);
  if (!equal) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
    switch (operator) {
      case 'In':
        return has(key) && values.includes(labels[key] ?? '');
      case 'NotIn':
        return !has(key) || !values.includes(labels[key] ?? '');
      case 'Exists':
        return has(key);
      case 'DoesNotExist':
        return !has(key);
    }
  });
}
