/** An account's findings across its images: rows by pages, how many there are of which kind, and what upgrades would clear. */
import { FindingFacets, type FindingRow, FindingRows, UpgradeGroups } from '@pratique/contract';
import {
  type InfiniteData,
  keepPreviousData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { queryOf, request } from '../../api/request.ts';
import { within } from '../../api/use-change.ts';
import { compareHead } from './compare-head.ts';
import type { Narrowed } from './narrow.ts';

const PAGE = 200;
/** What runs and how much there is of what is at most ten seconds old on the server. */
const LOOK_AGAIN_MS = 15_000;

export type Loaded = {
  query: UseInfiniteQueryResult<InfiniteData<FindingRows>>;
  rows: readonly FindingRow[];
  /** Rows that came, and that went, since; `accept` loads the list anew. */
  arrived: number;
  gone: number;
  accept: () => void;
};

/** Pages stay as they were loaded, however many there are; only the first is looked at again. */
export function useFindingRows(account: string, asked: Narrowed): Loaded {
  const client = useQueryClient();
  // Not below the account: what makes its answers old would have every page loaded again.
  const key = useMemo(() => ['finding-rows', account, asked], [account, asked]);
  const read = (after: string, signal: AbortSignal) =>
    request(FindingRows, `${within(account, 'findings')}${queryOf({ ...asked, limit: PAGE, after })}`, { signal });
  const query = useInfiniteQuery({
    queryKey: key,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    initialPageParam: '',
    queryFn: ({ signal, pageParam }) => read(pageParam, signal),
    getNextPageParam: (last) => last.next ?? undefined,
  });
  const first = query.isPlaceholderData ? undefined : query.data?.pages[0];
  const head = useQuery({
    queryKey: [account, 'findings', 'head', asked],
    enabled: first !== undefined,
    refetchInterval: LOOK_AGAIN_MS,
    queryFn: ({ signal }) => read('', signal),
    ...(first ? { initialData: first, initialDataUpdatedAt: query.dataUpdatedAt } : {}),
  });
  const loaded = useMemo(() => query.data?.pages.flatMap((page) => page.findings) ?? [], [query.data]);
  const now = first ? head.data : undefined;
  const news = useMemo(
    () => (now ? compareHead(loaded, now.findings, now.next === null) : { arrived: 0, gone: 0, rows: loaded }),
    [loaded, now],
  );
  const accept = useCallback(() => {
    client.removeQueries({ queryKey: [account, 'findings', 'head', asked] });
    void client.resetQueries({ queryKey: key });
  }, [client, account, asked, key]);
  return { query, ...news, accept };
}

/** @param repositories counts them too, which takes longer than all the rest */
export function useFacets(account: string, asked: Narrowed, repositories: boolean): UseQueryResult<FindingFacets> {
  const query = { ...asked, repositories: repositories ? 'true' : undefined };
  return useQuery({
    queryKey: [account, 'findings', 'facets', query],
    placeholderData: keepPreviousData,
    refetchInterval: LOOK_AGAIN_MS,
    queryFn: ({ signal }) =>
      request(FindingFacets, `${within(account, 'findings', 'facets')}${queryOf(query)}`, { signal }),
  });
}

/** One finding by its name and package, where the address names it and no page has it. */
export function useFinding(account: string, id: string, purl: string): UseQueryResult<FindingRow | null> {
  return useQuery({
    queryKey: [account, 'findings', 'one', id, purl],
    queryFn: async ({ signal }) => {
      const query = queryOf({ purl, search: id, limit: PAGE });
      const { findings } = await request(FindingRows, `${within(account, 'findings')}${query}`, { signal });
      return findings.find((row) => row.id === id) ?? null;
    },
  });
}

/** Each page as a row: what all of them say together stands in the first. */
export function useUpgrades(account: string, asked: Narrowed): UseInfiniteQueryResult<InfiniteData<UpgradeGroups[]>> {
  return useInfiniteQuery({
    queryKey: [account, 'findings', 'upgrades', asked],
    placeholderData: keepPreviousData,
    initialPageParam: '',
    queryFn: ({ signal, pageParam }) =>
      request(
        UpgradeGroups,
        `${within(account, 'findings', 'upgrades')}${queryOf({ ...asked, limit: 50, after: pageParam })}`,
        { signal },
      ),
    getNextPageParam: (last) => last.next ?? undefined,
    select: (data) => ({ ...data, pages: data.pages.map((page) => [page]) }),
  });
}
