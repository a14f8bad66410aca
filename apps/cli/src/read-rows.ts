/** Lists that the server gives a page at a time. */
import type { z } from 'zod';
import type { ApiClient } from './api-client.ts';

const PAGE = 200;

/** Said below a list that goes on. */
export const LEFT_OUT = 'More is left out; --limit shows it.';

/**
 * Reads pages until there are as many rows as asked for.
 * @returns the rows, the last page, and where the list would go on
 */
export async function readRows<P extends { next: string | null }, T>(
  api: ApiClient,
  path: string,
  query: URLSearchParams,
  limit: number,
  schema: z.ZodType<P>,
  rowsOf: (page: P) => T[],
): Promise<{ rows: T[]; last: P; next: string | null }> {
  const rows: T[] = [];
  const asked = new URLSearchParams(query);
  for (;;) {
    asked.set('limit', String(Math.max(1, Math.min(PAGE, limit - rows.length))));
    const last = await api.get(`${path}?${asked}`, schema);
    rows.push(...rowsOf(last));
    if (last.next === null || rows.length >= limit) return { rows, last, next: last.next };
    asked.set('after', last.next);
  }
}
