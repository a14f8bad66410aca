/** The cache of answers, and what happens when the session has ended. */
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { RequestError } from './request.ts';

const STALE_MS = 15_000;

/** @returns a client that forgets who is signed in as soon as the server says so */
export function makeQueryClient(): QueryClient {
  const onError = (error: unknown): void => {
    if (error instanceof RequestError && error.code === 'unauthenticated') client.setQueryData(['me'], null);
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        retry: (count, error) =>
          count < 2 && error instanceof RequestError && (error.status === 0 || error.status >= 502),
      },
    },
  });
  return client;
}
