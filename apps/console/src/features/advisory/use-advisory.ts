/** One advisory, whom it touches, and what is not known of the account's images. */
import { AdvisoryChangeRows, AdvisoryPage, AffectedPackages, FindingFacets } from '@pratique/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { request } from '../../api/request.ts';
import { within } from '../../api/use-change.ts';
import { usePages } from '../../api/use-pages.ts';

export function useAdvisory(account: string, id: string): UseQueryResult<AdvisoryPage> {
  return useQuery({
    queryKey: [account, 'advisories', id],
    queryFn: ({ signal }) => request(AdvisoryPage, within(account, 'advisories', id), { signal }),
  });
}

export function useAffectedPackages(account: string, id: string) {
  return usePages(
    [account, 'advisories', id, 'packages'],
    AffectedPackages,
    (page) => page.packages,
    within(account, 'advisories', id, 'packages'),
  );
}

export function useAdvisoryChanges(account: string, id: string) {
  return usePages(
    [account, 'advisories', id, 'changes'],
    AdvisoryChangeRows,
    (page) => page.rows,
    within(account, 'advisories', id, 'changes'),
  );
}

/** What no answer about the account's images covers: those not scanned, and packages that no source speaks of. */
export function useUnknown(account: string): UseQueryResult<FindingFacets['unknown']> {
  return useQuery({
    queryKey: [account, 'findings', 'unknown'],
    queryFn: async ({ signal }) =>
      (await request(FindingFacets, within(account, 'findings', 'facets'), { signal })).unknown,
  });
}
