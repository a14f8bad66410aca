/** The rules of an account and its exceptions. */
import { Exception, type NewBreakGlass, type NewException, PolicyBundleInfo } from '@pratique/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { Nothing, request } from '../../api/request.ts';
import { useChange, within } from '../../api/use-change.ts';

export function usePolicy(account: string): UseQueryResult<PolicyBundleInfo> {
  return useQuery({
    queryKey: [account, 'policy'],
    queryFn: ({ signal }) => request(PolicyBundleInfo, within(account, 'policy'), { signal }),
  });
}

export function useApplyPolicy(account: string) {
  return useChange(account, (yaml: string) =>
    request(PolicyBundleInfo, within(account, 'policy'), { method: 'PUT', body: { yaml } }),
  );
}

export function useExceptions(account: string): UseQueryResult<Exception[]> {
  return useQuery({
    queryKey: [account, 'exceptions'],
    queryFn: ({ signal }) => request(z.array(Exception), within(account, 'exceptions'), { signal }),
  });
}

export function useAskException(account: string) {
  return useChange(account, (body: NewException) =>
    request(Exception, within(account, 'exceptions'), { method: 'POST', body }),
  );
}

export function useApproveException(account: string, name: string) {
  return useChange(account, () =>
    request(Exception, within(account, 'exceptions', name, 'approval'), { method: 'POST' }),
  );
}

export function useWithdrawException(account: string, name: string) {
  return useChange(account, () => request(Nothing, within(account, 'exceptions', name), { method: 'DELETE' }));
}

export function useRejectException(account: string, name: string) {
  return useChange(account, (body: { reason: string }) =>
    request(Exception, within(account, 'exceptions', name, 'rejection'), { method: 'POST', body }),
  );
}

export function useOpenBreakGlass(account: string) {
  return useChange(account, (body: NewBreakGlass) =>
    request(Exception, within(account, 'break-glass'), { method: 'POST', body }),
  );
}
