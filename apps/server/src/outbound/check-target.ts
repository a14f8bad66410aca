/** Requests to addresses that users name: never into our own networks, unless the configuration opens them. */
import { promises as dns, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { ServerError } from '../error.ts';
import { type InternalTargets, isInternalAddress, readInternalTargets } from './internal-addresses.ts';
import { type PinnedFetchLimits, pinnedFetch } from './pinned-fetch.ts';

/** Where a connection may go: the addresses that were checked, and no other that the name may stand for later. */
export type CheckedTarget = { url: URL; host: string; port: number; addresses: LookupAddress[] };

export type OutboundGuard = {
  /**
   * Resolves the host of a URL once and checks every address.
   * @throws ServerError `forbidden` (scheme, credentials in the URL, an internal address that is not listed), `unavailable` (no such host)
   */
  check(url: string | URL): Promise<CheckedTarget>;
  /**
   * A `fetch` that checks each URL it is given and connects to the checked addresses alone. Follows no redirects: the
   * answer is handed out as it is (`redirect: 'error'` throws), so that the next URL is checked as well.
   */
  fetcher(limits?: PinnedFetchLimits): typeof globalThis.fetch;
  /** Whether the configuration says that this host and port speak plain HTTP. */
  isPlain(host: string, port: number): boolean;
};

type Resolve = (host: string) => Promise<LookupAddress[]>;
const lookupAll: Resolve = (host) => dns.lookup(host, { all: true, verbatim: true });
const RESOLVE_MS = 10_000;

/**
 * @param config `allowInternalTargets`: `host:port`, `http://host:port` or networks
 * @param resolve for tests
 * @throws ServerError `config-invalid`
 */
export function createOutboundGuard(
  config: { allowInternalTargets: readonly string[] },
  resolve: Resolve = lookupAll,
): OutboundGuard {
  const internal = readInternalTargets(config.allowInternalTargets);
  const check = async (given: string | URL): Promise<CheckedTarget> => {
    const url = readUrl(given);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    const found = isIP(host) > 0 ? [{ address: host, family: isIP(host) }] : await resolveHost(resolve, host);
    refuseInternal(internal, host, port, found);
    return { url, host, port, addresses: found };
  };
  return {
    check,
    fetcher: (limits = {}) => pinnedFetch(check, limits),
    isPlain: (host, port) => internal.isPlain(host, port),
  };
}

/** One internal address among public ones refuses the name: an honest name has none, a rebinding one does. */
function refuseInternal(
  internal: InternalTargets,
  host: string,
  port: number,
  addresses: readonly LookupAddress[],
): void {
  const inside = addresses.find(({ address }) => isInternalAddress(address) && !internal.allows(host, port, address));
  if (inside)
    throw new ServerError(
      'forbidden',
      `${host} is ${inside.address === host ? 'an' : `at ${inside.address}, an`} internal address, which is not asked; an administrator can list ${host}:${port} in PRATIQUE_ALLOW_INTERNAL_TARGETS`,
    );
}

function readUrl(given: string | URL): URL {
  let url: URL;
  try {
    url = new URL(given);
  } catch (cause) {
    throw new ServerError('forbidden', `${JSON.stringify(String(given).slice(0, 200))} is no URL`, { cause });
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new ServerError('forbidden', `${url.protocol} is not asked: only https and http are`);
  if (url.username !== '' || url.password !== '')
    throw new ServerError('forbidden', `the URL of ${url.host} carries credentials, which belong elsewhere`);
  return url;
}

async function resolveHost(resolve: Resolve, host: string): Promise<LookupAddress[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${RESOLVE_MS} ms`)), RESOLVE_MS);
  });
  try {
    const found = await Promise.race([resolve(host), late]);
    if (found.length > 0) return found.slice(0, 16);
    throw new Error('it has no address');
  } catch (cause) {
    throw new ServerError('unavailable', `the name ${host} cannot be resolved: ${(cause as Error).message}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}
