/** User names for examining images of other registries. */
import { RegistryCredential } from '@pratique/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { Nothing, request } from '../../../api/request.ts';
import { useChange, within } from '../../../api/use-change.ts';

export function useLogins(account: string): UseQueryResult<RegistryCredential[]> {
  return useQuery({
    queryKey: [account, 'registry-credentials'],
    queryFn: ({ signal }) => request(z.array(RegistryCredential), within(account, 'registry-credentials'), { signal }),
  });
}

/** Replaces the login of the same registry. */
export function useSetLogin(account: string) {
  return useChange(account, ({ host, ...body }: { host: string; user: string; password: string }) =>
    request(z.array(RegistryCredential), within(account, 'registry-credentials', host), { method: 'PUT', body }),
  );
}

export function useRemoveLogin(account: string, host: string) {
  return useChange(account, () =>
    request(Nothing, within(account, 'registry-credentials', host), { method: 'DELETE' }),
  );
}
