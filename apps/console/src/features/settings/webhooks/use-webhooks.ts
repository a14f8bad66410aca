/** Webhooks of an account, what was sent, and what can be done about it. */
import { type NewWebhook, Webhook, WebhookAnswer, WebhookDelivery } from '@pratique/contract';
import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  useInfiniteQuery,
  useQuery,
} from '@tanstack/react-query';
import { z } from 'zod';
import { queryOf, request } from '../../../api/request.ts';
import { useChange, useRemoval, within } from '../../../api/use-change.ts';

const UNDER_WAY_MS = 3000;
const PAGE = 100;

/** Asked for again while something is due: the feed tells of what is given up, not of what arrives. */
export function useWebhooks(account: string): UseQueryResult<Webhook[]> {
  return useQuery<Webhook[]>({
    queryKey: [account, 'webhooks'],
    refetchInterval: ({ state }) => (state.data?.some((one) => one.due > 0) ? UNDER_WAY_MS : false),
    queryFn: ({ signal }) => request(z.array(Webhook), within(account, 'webhooks'), { signal }),
  });
}

/** Newest first; older ones a page at a time. @param state only these; empty for all */
export function useWebhookLog(
  account: string,
  webhook: string,
  state: string,
): UseInfiniteQueryResult<InfiniteData<WebhookDelivery[]>> {
  return useInfiniteQuery({
    queryKey: [account, 'webhooks', webhook, 'log', state],
    initialPageParam: undefined as number | undefined,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some((page) => page.some((one) => one.state === 'due')) ? UNDER_WAY_MS : false,
    queryFn: ({ signal, pageParam }) =>
      request(
        z.array(WebhookDelivery),
        `${within(account, 'webhooks', webhook, 'deliveries')}${queryOf({ state, before: pageParam, limit: PAGE })}`,
        { signal },
      ),
    getNextPageParam: (last: WebhookDelivery[]) => (last.length < PAGE ? undefined : last.at(-1)?.id),
  });
}

export function useCreateWebhook(account: string) {
  return useChange(account, (body: NewWebhook) =>
    request(WebhookAnswer, within(account, 'webhooks'), { method: 'POST', body }),
  );
}

export function useChangeWebhook(account: string, webhook: string) {
  return useChange(account, (body: { enabled: boolean } | { newKey: true }) =>
    request(WebhookAnswer, within(account, 'webhooks', webhook), { method: 'PATCH', body }),
  );
}

export const useRemoveWebhook = (account: string, webhook: string) => useRemoval(account, 'webhooks', webhook);

export function useTestWebhook(account: string, webhook: string) {
  return useChange(account, () =>
    request(z.object({ delivery: z.number() }), within(account, 'webhooks', webhook, 'test'), { method: 'POST' }),
  );
}

/** One delivery, or everything that was given up. */
export function useResend(account: string, webhook: string) {
  return useChange(account, (body: { delivery?: number }) =>
    request(z.object({ due: z.number() }), within(account, 'webhooks', webhook, 'redelivery'), {
      method: 'POST',
      body,
    }),
  );
}
