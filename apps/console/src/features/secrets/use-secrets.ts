/** Secrets and malware across the account's images, by pages; and one secret by its fingerprint. */
import { HeldMalware, HeldSecret, HeldSecrets, SecretHolders } from '@pratique/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { request } from '../../api/request.ts';
import { within } from '../../api/use-change.ts';
import { usePages } from '../../api/use-pages.ts';

/** What narrows the list; values that are not set are left out. */
export type Narrowed = Readonly<Record<string, string>>;
export type MalwareHolder = HeldMalware['malware'][number];

export function useHeldSecrets(account: string, narrowed: Narrowed) {
  return usePages(
    [account, 'contents', 'secrets'],
    HeldSecrets,
    (page) => page.secrets,
    within(account, 'secrets'),
    narrowed,
  );
}

export function useHeldSecret(account: string, fingerprint: string): UseQueryResult<HeldSecret> {
  return useQuery({
    queryKey: [account, 'contents', 'secret', fingerprint],
    queryFn: ({ signal }) => request(HeldSecret, within(account, 'secrets', fingerprint), { signal }),
  });
}

export function useSecretHolders(account: string, fingerprint: string) {
  return usePages(
    [account, 'contents', 'secret', fingerprint, 'images'],
    SecretHolders,
    (page) => page.images,
    within(account, 'secrets', fingerprint, 'images'),
  );
}

export function useHeldMalware(account: string, narrowed: Narrowed) {
  return usePages(
    [account, 'contents', 'malware'],
    HeldMalware,
    (page) => page.malware,
    within(account, 'malware'),
    narrowed,
  );
}
