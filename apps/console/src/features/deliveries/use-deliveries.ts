/** Receipts, deliveries asked for, and the contracts they are made under. */
import { Contract, Delivery, Receipt } from '@pratique/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { Nothing, request } from '../../api/request.ts';
import { useChange, within } from '../../api/use-change.ts';

export function useReceipts(account: string): UseQueryResult<Receipt[]> {
  return useQuery({
    queryKey: [account, 'receipts'],
    queryFn: ({ signal }) => request(z.array(Receipt), within(account, 'receipts'), { signal }),
  });
}

const UNDER_WAY_MS = 2000;

/** Asked for again while one is under way: the feed tells of its end, not of its progress. */
export function useSent(account: string): UseQueryResult<Delivery[]> {
  return useQuery<Delivery[]>({
    queryKey: [account, 'deliveries'],
    refetchInterval: ({ state }) => (state.data?.some((one) => one.state === 'copying') ? UNDER_WAY_MS : false),
    queryFn: ({ signal }) => request(z.array(Delivery), within(account, 'deliveries'), { signal }),
  });
}

export function useContracts(account: string): UseQueryResult<Contract[]> {
  return useQuery({
    queryKey: [account, 'contracts'],
    queryFn: ({ signal }) => request(z.array(Contract), within(account, 'contracts'), { signal }),
  });
}

export function useDeliver(account: string) {
  return useChange(account, (body: { repository: string; reference: string; to: string }) =>
    request(Delivery, within(account, 'deliveries'), { method: 'POST', body }),
  );
}

export function useOffer(account: string) {
  return useChange(account, (body: { to: string; fromRepositories: string[]; toRepositories: string[] }) =>
    request(Contract, within(account, 'contracts'), { method: 'POST', body }),
  );
}

export function useAccept(account: string, contract: string) {
  return useChange(account, (body: { trustVendor: boolean }) =>
    request(Contract, within(account, 'contracts', contract, 'acceptance'), { method: 'POST', body }),
  );
}

export function useEnd(account: string, contract: string) {
  return useChange(account, () => request(Nothing, within(account, 'contracts', contract), { method: 'DELETE' }));
}
