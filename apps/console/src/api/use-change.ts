/** A change to an account: afterwards everything shown of it is asked for again. */
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';

export function useChange<Given, Answer>(
  account: string,
  change: (given: Given) => Promise<Answer>,
): UseMutationResult<Answer, Error, Given> {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: [account] }) });
}

/** The path of an account's resource, with names encoded. */
export function within(account: string, ...parts: string[]): string {
  return `/accounts/${[account, ...parts].map(encodeURIComponent).join('/')}`;
}
