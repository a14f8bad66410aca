/** A change to an account: afterwards everything shown of it is asked for again. */
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { Nothing, request } from './request.ts';

export function useChange<Given, Answer>(
  account: string,
  change: (given: Given) => Promise<Answer>,
): UseMutationResult<Answer, Error, Given> {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: [account] }) });
}

/**
 * Removes one of an account's things. It leaves the list of its kind at once; whatever else is shown of the account is
 * asked for again, but not what was shown of the thing itself, which would be answered with a 404.
 *
 * @param resource what the server calls the kind, under which its queries are kept: `clusters`
 */
export function useRemoval(account: string, resource: string, name: string): UseMutationResult<null, Error, void> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request(Nothing, within(account, resource, name), { method: 'DELETE' }),
    // Not awaited, so that whoever shows the thing closes at once.
    onSuccess: () => {
      client.setQueryData<{ name: string }[]>([account, resource], (all) => all?.filter((one) => one.name !== name));
      void client.invalidateQueries({
        queryKey: [account],
        predicate: ({ queryKey: [, kind, which] }) => kind !== resource || which !== name,
      });
    },
  });
}

/** The path of an account's resource, with names encoded. */
export function within(account: string, ...parts: string[]): string {
  return `/accounts/${[account, ...parts].map(encodeURIComponent).join('/')}`;
}
