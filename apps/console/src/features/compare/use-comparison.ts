/** Two images side by side. */
import { ImageComparison } from '@pratique/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { queryOf, request } from '../../api/request.ts';
import { within } from '../../api/use-change.ts';
import type { Named } from './named.ts';

export function useComparison(account: string, from: Named, to: Named): UseQueryResult<ImageComparison> {
  return useQuery({
    queryKey: [account, 'comparison', from, to],
    queryFn: ({ signal }) =>
      request(
        ImageComparison,
        `${within(account, 'image', 'comparison')}${queryOf({ ...from, withRepository: to.repository, withReference: to.reference })}`,
        { signal },
      ),
  });
}
