/** Who is signed in, and what they may do in the account at hand. */
import { LoginAnswer, Me, type Role, roleCovers } from '@pratique/contract';
import { type QueryClient, type UseQueryResult, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { Nothing, RequestError, request } from '../api/request.ts';

/** The person, or null for nobody. */
export function useMe(): UseQueryResult<Me | null> {
  return useQuery({
    queryKey: ['me'],
    staleTime: 5 * 60_000,
    queryFn: async ({ signal }) => {
      try {
        return await request(Me, '/me', { signal });
      } catch (error) {
        if (error instanceof RequestError && error.code === 'unauthenticated') return null;
        throw error;
      }
    },
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (given: { user: string; password: string }) =>
      request(LoginAnswer, '/login', { method: 'POST', body: { ...given, kind: 'browser' } }),
    onSuccess: ({ me }) => {
      forgetAll(client);
      client.setQueryData(['me'], me);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request(Nothing, '/logout', { method: 'POST' }),
    onSuccess: () => {
      forgetAll(client);
      client.setQueryData(['me'], null);
    },
  });
}

/** Drops what another person was shown; who is signed in stays observed, so that pages hear of the change. */
function forgetAll(client: QueryClient): void {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' });
}

export type AccountAtHand = { account: string; role: Role; may: (needed: Role) => boolean };

/** The account that the address names. Pages stand inside Shell, which shows them to members only. */
export function useAccount(): AccountAtHand {
  const { account = '' } = useParams();
  const { data: me } = useMe();
  const role = me?.accounts.find((one) => one.name === account)?.role ?? 'reader';
  return { account, role, may: (needed) => roleCovers(role, needed) };
}
