/** The overview of an account. */
import { Overview } from '@pratique/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { request } from '../../api/request.ts';

const AGAIN_MS = 60_000;

export function useOverview(account: string): UseQueryResult<Overview> {
  return useQuery({
    queryKey: [account, 'overview'],
    refetchInterval: AGAIN_MS,
    queryFn: ({ signal }) => request(Overview, `/accounts/${encodeURIComponent(account)}/overview`, { signal }),
  });
}
