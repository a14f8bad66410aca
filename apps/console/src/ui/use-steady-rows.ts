/** Rows that do not move while they are read: new ones wait until they are asked for. */
import { useCallback, useState } from 'react';

type Steady<T> = { shown: T[]; waiting: number; accept: () => void };

/**
 * Keeps the rows that were there first, in their order, with their current content; rows that vanish go at once.
 *
 * @param scope what the rows are of; another scope begins anew
 */
export function useSteadyRows<T>(rows: readonly T[], keyOf: (row: T) => string, scope: string): Steady<T> {
  const [kept, setKept] = useState<{ scope: string; keys: string[] }>({ scope, keys: rows.map(keyOf) });
  const accept = useCallback(() => setKept({ scope, keys: rows.map(keyOf) }), [rows, keyOf, scope]);
  if (kept.scope !== scope) setKept({ scope, keys: rows.map(keyOf) });
  const keys = kept.scope === scope ? kept.keys : rows.map(keyOf);
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  const shown = keys.flatMap((key) => byKey.get(key) ?? []);
  return { shown, waiting: rows.length - shown.length, accept };
}
