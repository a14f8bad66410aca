/** Updates of the advisories that changed something for the account. */
import { AdvisoryChangeRows, AdvisoryUpdateDetail, AdvisoryUpdates } from '@pratique/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { queryOf, request } from '../../api/request.ts';
import { within } from '../../api/use-change.ts';
import { usePages } from '../../api/use-pages.ts';

const AGAIN_MS = 60_000;
const UNDER_WAY_MS = 3000;
/** More in a day than anybody reads on a first page. */
const LATEST = 5;

export function useUpdates(account: string) {
  return usePages(
    [account, 'updates', 'all'],
    AdvisoryUpdates,
    (page) => page.updates,
    within(account, 'advisory-updates'),
  );
}

/** The latest, and for how many days they are kept. */
export function useLatestUpdates(account: string): UseQueryResult<AdvisoryUpdates> {
  return useQuery({
    queryKey: [account, 'updates', 'latest'],
    refetchInterval: AGAIN_MS,
    queryFn: ({ signal }) =>
      request(AdvisoryUpdates, `${within(account, 'advisory-updates')}${queryOf({ limit: LATEST })}`, { signal }),
  });
}

/** Asked for again while packages are still being matched. */
export function useUpdate(account: string, id: string): UseQueryResult<AdvisoryUpdateDetail> {
  return useQuery<AdvisoryUpdateDetail>({
    queryKey: [account, 'updates', id],
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? UNDER_WAY_MS : false),
    queryFn: ({ signal }) => request(AdvisoryUpdateDetail, within(account, 'advisory-updates', id), { signal }),
  });
}

/** @param kind empty: all */
export function useUpdateChanges(account: string, id: string, kind: string) {
  return usePages(
    [account, 'updates', id, 'changes'],
    AdvisoryChangeRows,
    (page) => page.rows,
    within(account, 'advisory-updates', id, 'changes'),
    { kind },
  );
}
