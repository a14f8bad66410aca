/** Repairs: one that is asked for and looked at while it is under way, those of an image, and what is built on one. */
import { Fleet, type ImageStatus, type NewRepair, Repair, RepairSummary } from '@pratique/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { queryOf, request } from '../../api/request.ts';
import { useChange, within } from '../../api/use-change.ts';

const UNDER_WAY_MS = 2000;
/** What the server gives at most. */
const LISTED = 200;

/** The feed tells of its end; between the two it is looked at, so that a feed that is not heard costs two seconds. */
export function useRepair(account: string, repair: string): UseQueryResult<Repair> {
  return useQuery<Repair>({
    queryKey: [account, 'repairs', repair],
    refetchInterval: ({ state }) => (state.data && state.data.finishedAt === null ? UNDER_WAY_MS : false),
    queryFn: ({ signal }) => request(Repair, within(account, 'repairs', repair), { signal }),
  });
}

export function useImageRepairs({ account, repository, digest }: ImageStatus): UseQueryResult<RepairSummary[]> {
  return useQuery({
    queryKey: [account, 'repairs', 'of', repository, digest],
    queryFn: ({ signal }) =>
      request(
        z.array(RepairSummary),
        `${within(account, 'image', 'repairs')}${queryOf({ repository, reference: digest, limit: LISTED })}`,
        { signal },
      ),
  });
}

/** Kept under the images: a push may put one of them on the repaired base. */
export function useFleet({ account, repository, digest }: ImageStatus): UseQueryResult<Fleet> {
  return useQuery({
    queryKey: [account, 'images', 'fleet', repository, digest],
    queryFn: ({ signal }) =>
      request(
        Fleet,
        `${within(account, 'image', 'fleet')}${queryOf({ repository, reference: digest, limit: LISTED })}`,
        { signal },
      ),
  });
}

export function useAskRepair(account: string) {
  return useChange(account, (body: NewRepair) =>
    request(RepairSummary, within(account, 'repairs'), { method: 'POST', body }),
  );
}
