/** The chains of an account, as they are defined now. */
import { ChainVersion } from '@pratique/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { request } from '../../../api/request.ts';

export function useChains(account: string): UseQueryResult<ChainVersion[]> {
  return useQuery({
    queryKey: [account, 'chains'],
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      request(z.array(ChainVersion), `/accounts/${encodeURIComponent(account)}/chains`, { signal }),
  });
}
