/** Packages of the account's images: found by name and version, and one of them in all its versions. */
import { PackagePage, type PackageRow, PackageRows } from '@pratique/contract';
import { type InfiniteData, type UseInfiniteQueryResult, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { queryOf, request } from '../../api/request.ts';
import { within } from '../../api/use-change.ts';
import { usePages } from '../../api/use-pages.ts';

/** Which packages: all of a name, those of a version, or one alone. */
export type AskedPackage = { type: string; name: string; version?: string; exact?: string; purl?: string };
export type PackageSearch = {
  search?: string;
  name?: string;
  type?: string;
  version?: string;
  purl?: string;
  covered?: string;
};

export function usePackages(account: string, asked: PackageSearch): UseInfiniteQueryResult<InfiniteData<PackageRow[]>> {
  return usePages(
    [account, 'packages', 'list'],
    PackageRows,
    (page) => page.packages,
    within(account, 'packages'),
    asked,
  );
}

export function usePackage(account: string, asked: AskedPackage): UseQueryResult<PackagePage> {
  return useQuery({
    queryKey: [account, 'packages', 'page', asked],
    queryFn: ({ signal }) => request(PackagePage, `${within(account, 'package')}${queryOf(asked)}`, { signal }),
  });
}
