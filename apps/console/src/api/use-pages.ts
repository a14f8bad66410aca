/** Lists that the server gives a page at a time, each answer saying where the next begins. */
import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import { queryOf, request } from './request.ts';

const PAGE = 200;

/**
 * Rows of a list, 200 at a time.
 *
 * @param path below `/api/v1`, without a query
 * @param query what narrows the list
 */
export function usePages<P extends { next: string | null }, T>(
  key: readonly unknown[],
  schema: z.ZodType<P>,
  rowsOf: (page: P) => T[],
  path: string,
  query: Record<string, string | number | undefined> = {},
): UseInfiniteQueryResult<InfiniteData<T[]>> {
  return useInfiniteQuery({
    queryKey: [...key, query],
    initialPageParam: '',
    queryFn: ({ signal, pageParam }): Promise<P> =>
      request(schema, `${path}${queryOf({ ...query, limit: PAGE, after: pageParam })}`, { signal }),
    getNextPageParam: (last: P) => last.next ?? undefined,
    select: (data: InfiniteData<P, string>) => ({ ...data, pages: data.pages.map(rowsOf) }),
  });
}
