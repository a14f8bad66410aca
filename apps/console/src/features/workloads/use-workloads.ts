/** What clusters asked, and the clusters. */
import {
  Admission,
  Cluster,
  ClusterStatus,
  NewClusterWithAgentAnswer,
  NewEnrolmentAnswer,
  Placement,
} from '@pratique/contract';
import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  useInfiniteQuery,
  useQueries,
  useQuery,
} from '@tanstack/react-query';
import { z } from 'zod';
import { queryOf, request } from '../../api/request.ts';
import { useChange, useRemoval, within } from '../../api/use-change.ts';

const PAGE = 500;

/** Newest first; older ones a page at a time. */
export function useAdmissions(account: string): UseInfiniteQueryResult<InfiniteData<Admission[]>> {
  return useInfiniteQuery({
    queryKey: [account, 'admissions'],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ signal, pageParam }) =>
      request(z.array(Admission), `${within(account, 'admissions')}${queryOf({ before: pageParam, limit: PAGE })}`, {
        signal,
      }),
    getNextPageParam: (last: Admission[]) => (last.length < PAGE ? undefined : last.at(-1)?.id),
  });
}

export function useClusters(account: string): UseQueryResult<Cluster[]> {
  return useQuery({
    queryKey: [account, 'clusters'],
    queryFn: ({ signal }) => request(z.array(Cluster), within(account, 'clusters'), { signal }),
  });
}

const AGENT_MS = 15_000;

/** Asked for again now and then: that an agent falls silent is no event. */
export function useClusterStatus(account: string, cluster: string): UseQueryResult<ClusterStatus> {
  return useQuery({
    queryKey: [account, 'clusters', cluster],
    refetchInterval: AGENT_MS,
    queryFn: ({ signal }) => request(ClusterStatus, within(account, 'clusters', cluster), { signal }),
  });
}

/** Containers of one cluster that are asked for at most. */
export const PLACEMENTS = 1000;

/** What runs in each of the clusters, in their order. */
export function usePlacements(account: string, clusters: readonly string[]): UseQueryResult<Placement[]>[] {
  return useQueries({
    queries: clusters.map((cluster) => ({
      queryKey: [account, 'placements', cluster],
      refetchInterval: AGENT_MS,
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        request(
          z.array(Placement),
          `${within(account, 'clusters', cluster, 'placements')}${queryOf({ limit: PLACEMENTS })}`,
          { signal },
        ),
    })),
  });
}

type Settings = { mode: Cluster['mode']; exemptNamespaces?: string[] };

export function useAddCluster(account: string) {
  return useChange(account, (body: Settings & { name: string; agentImage?: string }) =>
    request(NewClusterWithAgentAnswer, within(account, 'clusters'), { method: 'POST', body }),
  );
}

/** A token for one agent; the ones before it end. */
export function useEnrol(account: string, cluster: string) {
  return useChange(account, (body: { agentImage: string }) =>
    request(NewEnrolmentAnswer, within(account, 'clusters', cluster, 'enrolment'), { method: 'POST', body }),
  );
}

export function useChangeCluster(account: string, cluster: string) {
  return useChange(account, (body: Settings) =>
    request(Cluster, within(account, 'clusters', cluster), { method: 'PATCH', body }),
  );
}

export const useRemoveCluster = (account: string, cluster: string) => useRemoval(account, 'clusters', cluster);
