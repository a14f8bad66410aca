/** One image: its status, what is inside, its runs, and what can be done with it. */
import { Explanation, ImageScan, ImageStatus, Reinstated, Revoked, Run } from '@pratique/contract';
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { queryOf, request } from '../../api/request.ts';
import { useChange } from '../../api/use-change.ts';

const under = (account: string): string => `/accounts/${encodeURIComponent(account)}`;

export function useImage(account: string, repository: string, reference: string): UseQueryResult<ImageStatus> {
  return useQuery({
    queryKey: [account, 'image', repository, reference],
    queryFn: ({ signal }) =>
      request(ImageStatus, `${under(account)}/image${queryOf({ repository, reference })}`, { signal }),
  });
}

/** The whole way to the decision, told anew whenever something happens to the image. */
export function useExplanation({ account, repository, reference }: ImageStatus): UseQueryResult<Explanation> {
  return useQuery({
    queryKey: [account, 'image', repository, reference, 'explanation'],
    queryFn: ({ signal }) =>
      request(Explanation, `${under(account)}/image/explanation${queryOf({ repository, reference })}`, { signal }),
  });
}

/** Packages and findings of one platform, with `all` those that were cleared, asked for again when the chain has scanned anew. */
export function useScan(image: ImageStatus, platform: string, all: boolean): UseQueryResult<ImageScan> {
  const { account, repository, digest } = image;
  const scanned = image.chain.run?.steps.find((step) => step.kind === 'scan')?.finishedAt ?? null;
  return useQuery({
    queryKey: [account, 'scan', repository, digest, platform, scanned, all],
    placeholderData: keepPreviousData,
    enabled: image.findings !== null,
    staleTime: 5 * 60_000,
    queryFn: ({ signal }) =>
      request(
        ImageScan,
        `${under(account)}/image/scan${queryOf({ repository, reference: digest, platform, all: all ? 'true' : '' })}`,
        {
          signal,
        },
      ),
  });
}

export function useImageRuns(image: ImageStatus): UseQueryResult<Run[]> {
  const { account, repository, digest } = image;
  return useQuery({
    queryKey: [account, 'runs', repository, digest],
    queryFn: ({ signal }) =>
      request(z.array(Run), `${under(account)}/image/runs${queryOf({ repository, reference: digest })}`, { signal }),
  });
}

export function useRunAgain(account: string) {
  return useChange(account, (body: { repository: string; reference: string }) =>
    request(z.object({ outcome: z.string(), run: Run }), `${under(account)}/runs`, { method: 'POST', body }),
  );
}

export function useDecideApproval(account: string, run: string, step: string) {
  return useChange(account, (body: { approve: boolean; reason: string }) =>
    request(Run, `${under(account)}/runs/${run}/steps/${encodeURIComponent(step)}/approval`, { method: 'POST', body }),
  );
}

/** Takes the image out of service. */
export function useRevoke(account: string) {
  return useChange(account, (body: { repository: string; reference: string; reason: string; everywhere: boolean }) =>
    request(Revoked, `${under(account)}/revocations`, { method: 'POST', body }),
  );
}

/** Ends a revocation; chains judge the image anew. */
export function useLift(account: string) {
  return useChange(account, (body: { digest: string; reason: string }) =>
    request(Reinstated, `${under(account)}/revocations/lift`, { method: 'POST', body }),
  );
}

/** Where a browser can fetch an attestation or an inventory from, with its session. */
export function downloadOf(image: ImageStatus, kind: 'attestation' | 'sbom', more: Record<string, string>): string {
  return `/api/v1${under(image.account)}/image/${kind}${queryOf({ repository: image.repository, reference: image.digest, ...more })}`;
}
