/** The tags of an account, newest first. */
import { ImageRow } from '@pratique/contract';
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { queryOf, request } from '../../api/request.ts';

const PAGE = 500;
const MAX_PAGES = 20;

export type Images = { rows: ImageRow[] /** There are older ones that were not asked for. */; more: boolean };

export function useImages(account: string, repository: string): UseQueryResult<Images> {
  return useQuery({
    queryKey: [account, 'images', { repository }],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const rows: ImageRow[] = [];
      for (let page = 0; page < MAX_PAGES; page++) {
        const found = await request(
          z.array(ImageRow),
          `/accounts/${encodeURIComponent(account)}/images${queryOf({ repository, limit: PAGE, offset: page * PAGE })}`,
          { signal },
        );
        rows.push(...found);
        if (found.length < PAGE) return { rows, more: false };
      }
      return { rows, more: true };
    },
  });
}

const RepositoryRow = z.object({ name: z.string(), tags: z.number(), createdAt: z.string() });
export type RepositoryRow = z.infer<typeof RepositoryRow>;

export function useRepositories(account: string): UseQueryResult<RepositoryRow[]> {
  return useQuery({
    queryKey: [account, 'images', 'repositories'],
    queryFn: ({ signal }) =>
      request(z.array(RepositoryRow), `/accounts/${encodeURIComponent(account)}/repositories`, { signal }),
  });
}
