/** Addresses of the console. Names with dots stand in the query: the last part of a path never looks like a file. */
import { queryOf } from '../api/request.ts';

const at = (account: string, page: string): string => `/accounts/${encodeURIComponent(account)}/${page}`;

export const paths = {
  signIn: (next?: string): string => `/sign-in${queryOf({ next })}`,
  overview: (account: string): string => at(account, 'overview'),
  images: (account: string, query: { q?: string; verdict?: string; repository?: string } = {}): string =>
    at(account, `images${queryOf(query)}`),
  image: (
    account: string,
    repository: string,
    reference: string,
    query: { show?: string; q?: string; severity?: string; step?: string; do?: string } = {},
  ): string => at(account, `image${queryOf({ repository, reference, ...query })}`),
  run: (account: string, run: string): string => at(account, `runs/${run}`),
  deliveries: (account: string, query: { show?: string; q?: string } = {}): string =>
    at(account, `deliveries${queryOf(query)}`),
  policies: (
    account: string,
    query: { show?: string; q?: string; rule?: string; exception?: string; foreign?: string } = {},
  ): string => at(account, `policies${queryOf(query)}`),
  workloads: (
    account: string,
    query: { show?: string; q?: string; decision?: string; cluster?: string } = {},
  ): string => at(account, `workloads${queryOf(query)}`),
  settings: (account: string, query: { show?: string; q?: string; webhook?: string } = {}): string =>
    at(account, `settings${queryOf(query)}`),
};
