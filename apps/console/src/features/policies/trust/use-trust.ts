/** The trust policy, its versions, trials of it, and what is known of images of other registries. */
import { ForeignImage, TrustPolicyInfo, TrustPolicyVersion, TrustTestResult } from '@pratique/contract';
import { type UseQueryResult, useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { queryOf, request } from '../../../api/request.ts';
import { useChange, within } from '../../../api/use-change.ts';

/** @param version the one in force when left out */
export function useTrustPolicy(account: string, version?: number): UseQueryResult<TrustPolicyInfo> {
  return useQuery({
    queryKey: [account, 'trust', version ?? 'current'],
    queryFn: ({ signal }) =>
      request(TrustPolicyInfo, `${within(account, 'trust-policy')}${queryOf({ version })}`, { signal }),
  });
}

export function useTrustVersions(account: string): UseQueryResult<TrustPolicyVersion[]> {
  return useQuery({
    queryKey: [account, 'trust', 'versions'],
    queryFn: ({ signal }) =>
      request(z.array(TrustPolicyVersion), within(account, 'trust-policy', 'versions'), { signal }),
  });
}

/** @param body.policy YAML text; the server reads it */
export function useSetTrustPolicy(account: string) {
  return useChange(account, (body: { policy: string; ifVersion: number }) =>
    request(TrustPolicyInfo, within(account, 'trust-policy'), { method: 'PUT', body }),
  );
}

/** Changes nothing, so nothing shown grows old by it. */
export function useTryTrust(account: string) {
  return useMutation({
    mutationFn: (body: { reference: string; policy?: string }) =>
      request(TrustTestResult, within(account, 'trust-policy', 'test'), { method: 'POST', body }),
  });
}

const UNDER_WAY_MS = 3000;
const LIMIT = 1000;

/** What clusters asked for last comes first. */
export function useForeignImages(account: string): UseQueryResult<ForeignImage[]> {
  return useQuery<ForeignImage[]>({
    queryKey: [account, 'foreign-images'],
    refetchInterval: ({ state }) => (state.data?.some((one) => one.state === 'examining') ? UNDER_WAY_MS : false),
    queryFn: ({ signal }) =>
      request(z.array(ForeignImage), `${within(account, 'foreign-images')}${queryOf({ limit: LIMIT })}`, { signal }),
  });
}
