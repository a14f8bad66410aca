/** The installation's certificate authority and its replacement. Clusters of all accounts trust it. */
import { AuthorityCertificate, AuthorityRotation } from '@pratique/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { request } from '../../../api/request.ts';
import { useChange } from '../../../api/use-change.ts';

const TOLD_MS = 15_000;
const keyOf = (account: string, part: string) => [account, 'authority', part];

export function useAuthority(account: string): UseQueryResult<AuthorityCertificate> {
  return useQuery({
    queryKey: keyOf(account, 'certificate'),
    queryFn: ({ signal }) => request(AuthorityCertificate, '/authority', { signal }),
  });
}

/** For administrators. Asked for again while clusters tell one after the other that they have the next one. */
export function useRotation(account: string): UseQueryResult<AuthorityRotation> {
  return useQuery<AuthorityRotation>({
    queryKey: keyOf(account, 'rotation'),
    refetchInterval: ({ state }) => (state.data && state.data.lacking.length > 0 ? TOLD_MS : false),
    queryFn: ({ signal }) => request(AuthorityRotation, '/authority/rotation', { signal }),
  });
}

export type RotationStep = 'begin' | 'finish' | 'forget';

export function useRotate(account: string, step: RotationStep) {
  return useChange(account, () =>
    request(AuthorityRotation, '/authority/rotation', { method: 'POST', body: { step } }),
  );
}
