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
    query: {
      show?: string;
      q?: string;
      severity?: string;
      step?: string;
      do?: string;
      finding?: string;
      secret?: string;
      match?: string;
    } = {},
  ): string => at(account, `image${queryOf({ repository, reference, ...query })}`),
  /** @param id any name of a hole: a CVE, or an advisory's own id */
  advisory: (account: string, id: string, query: { show?: string; q?: string } = {}): string =>
    at(account, `advisories/${encodeURIComponent(id)}${queryOf(query)}`),
  updates: (account: string): string => at(account, 'updates'),
  update: (account: string, update: number, query: { show?: string; kind?: string; q?: string } = {}): string =>
    at(account, `updates/${update}${queryOf(query)}`),
  /** @param from the image that is compared with; what `to` has more is new */
  compare: (
    account: string,
    from: { repository: string; reference: string },
    to: { repository: string; reference: string },
    query: { show?: string } = {},
  ): string =>
    at(
      account,
      `compare${queryOf({ repository: from.repository, from: from.reference, with: to.repository, to: to.reference, ...query })}`,
    ),
  /** Where two images are chosen. */
  compareOthers: (account: string, to?: { repository: string; reference: string }): string =>
    at(account, `compare${queryOf({ with: to?.repository, to: to?.reference })}`),
  findings: (
    account: string,
    query: { q?: string; show?: string; severity?: string; repository?: string } = {},
  ): string => at(account, `findings${queryOf(query)}`),
  /** Of all images of the account. */
  secrets: (
    account: string,
    query: { kind?: string; severity?: string; state?: string; repository?: string } = {},
  ): string => at(account, `secrets${queryOf(query)}`),
  secret: (account: string, fingerprint: string): string => at(account, `secrets/${fingerprint}`),
  malware: (account: string, query: { rule?: string; repository?: string } = {}): string =>
    at(account, `malware${queryOf(query)}`),
  /** `tagging` and `start` are what a preview was asked for, and does not keep. */
  repair: (
    account: string,
    repair: string,
    query: { show?: string; outcome?: string; tagging?: string; start?: string } = {},
  ): string => at(account, `repairs/${repair}${queryOf(query)}`),
  packages: (account: string, query: { q?: string; version?: string; covered?: string } = {}): string =>
    at(account, `packages${queryOf(query)}`),
  /** Names of packages have slashes and dots. `purl`: one of them alone; `version`: those of exactly this version. */
  package: (
    account: string,
    one: { type: string; name: string; version?: string; purl?: string },
    query: { show?: string } = {},
  ): string =>
    at(
      account,
      `package${queryOf({ type: one.type, name: one.name, version: one.version, purl: one.purl, ...query })}`,
    ),
  run: (account: string, run: string): string => at(account, `runs/${run}`),
  deliveries: (account: string, query: { show?: string; q?: string } = {}): string =>
    at(account, `deliveries${queryOf(query)}`),
  policies: (
    account: string,
    query: { show?: string; q?: string; rule?: string; exception?: string; foreign?: string; vex?: string } = {},
  ): string => at(account, `policies${queryOf(query)}`),
  chain: (account: string, chain: string): string => at(account, `chains/${encodeURIComponent(chain)}`),
  workloads: (
    account: string,
    query: { show?: string; q?: string; decision?: string; cluster?: string } = {},
  ): string => at(account, `workloads${queryOf(query)}`),
  settings: (account: string, query: { show?: string; q?: string; webhook?: string } = {}): string =>
    at(account, `settings${queryOf(query)}`),
};
