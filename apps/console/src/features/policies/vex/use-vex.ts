/** VEX documents of an account. */
import { VexDocumentContent, VexDocumentInfo } from '@pratique/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { Nothing, request } from '../../../api/request.ts';
import { useChange, within } from '../../../api/use-change.ts';

/** What the server takes: sixteen million characters. */
export const MAX_DOCUMENT = 16_000_000;

export function useVexDocuments(account: string): UseQueryResult<VexDocumentInfo[]> {
  return useQuery({
    queryKey: [account, 'vex'],
    queryFn: ({ signal }) => request(z.array(VexDocumentInfo), within(account, 'vex'), { signal }),
  });
}

export function useVexDocument(account: string, id: string): UseQueryResult<VexDocumentContent> {
  return useQuery({
    queryKey: [account, 'vex', id],
    queryFn: ({ signal }) => request(VexDocumentContent, within(account, 'vex', id), { signal }),
  });
}

export function useAddVex(account: string) {
  return useChange(account, async (read: () => Promise<string>) =>
    request(VexDocumentContent, within(account, 'vex'), { method: 'POST', body: { content: await read() } }),
  );
}

export function useWithdrawVex(account: string, id: string) {
  return useChange(account, () => request(Nothing, within(account, 'vex', id), { method: 'DELETE' }));
}
