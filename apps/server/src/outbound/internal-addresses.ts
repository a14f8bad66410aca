/** Which addresses belong to this machine or its networks, and which of them the configuration opens. */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { ServerError } from '../error.ts';

/** IANA special-purpose registries: nothing of the public Internet answers there. */
const INTERNAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
/** What embeds an IPv4 address (6to4, Teredo) or is set apart within the global range. */
const INTERNAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const internalV4 = listOf(INTERNAL_V4);
const internalV6 = listOf(INTERNAL_V6);
const globalV6 = listOf(['2000::/3']);

/** True for every address that is not a public unicast one. @param address as `dns.lookup` gives it */
export function isInternalAddress(address: string): boolean {
  const plain = address.split('%')[0] ?? '';
  if (isIP(plain) === 4) return internalV4.check(plain, 'ipv4');
  if (!isIPv6(plain)) return true;
  const bare = unmapped(plain);
  if (bare !== null) return internalV4.check(bare, 'ipv4');
  return !globalV6.check(plain, 'ipv6') || internalV6.check(plain, 'ipv6');
}

export type InternalTargets = {
  /** Whether the configuration opens this internal address for this host and port. */
  allows(host: string, port: number, address: string): boolean;
  /** Whether `host:port` is listed as speaking plain HTTP. */
  isPlain(host: string, port: number): boolean;
};

/**
 * Reads the list of internal targets that may be reached: `host:port`, `http://host:port` (which also says that it
 * speaks plain HTTP) or a network such as `10.1.0.0/16`.
 *
 * @throws ServerError `config-invalid`, naming the entry
 */
export function readInternalTargets(entries: readonly string[]): InternalTargets {
  const networks: BlockList[] = [];
  const hosts = new Set<string>();
  const plain = new Set<string>();
  for (const entry of entries) {
    if (/^[0-9a-fA-F.:]+\/\d{1,3}$/.test(entry)) {
      networks.push(networkOf(entry));
      continue;
    }
    const isPlain = entry.startsWith('http://');
    const name = entry.replace(/^https?:\/\//, '').toLowerCase();
    if (!/^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\]):\d{1,5}$/.test(name))
      throw new ServerError(
        'config-invalid',
        `PRATIQUE_ALLOW_INTERNAL_TARGETS is invalid: ${JSON.stringify(entry.slice(0, 100))} is neither host:port, http://host:port nor a network like 10.0.0.0/8`,
      );
    hosts.add(name);
    if (isPlain) plain.add(name);
  }
  const nameOf = (host: string, port: number) => `${isIPv6(host) ? `[${host}]` : host.toLowerCase()}:${port}`;
  return {
    allows: (host, port, address) =>
      hosts.has(nameOf(host, port)) ||
      hosts.has(nameOf(address, port)) ||
      networks.some((network) => network.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')),
    isPlain: (host, port) => plain.has(nameOf(host, port)),
  };
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    list.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return list;
}

function networkOf(entry: string): BlockList {
  try {
    return listOf([entry]);
  } catch (cause) {
    throw new ServerError('config-invalid', `PRATIQUE_ALLOW_INTERNAL_TARGETS is invalid: ${entry} is no network`, {
      cause,
    });
  }
}

/** The IPv4 address within `::ffff:a.b.c.d` in any spelling; null for others. */
function unmapped(address: string): string | null {
  const { hostname } = new URL(`http://[${address}]/`); // the one spelling of RFC 5952
  const match = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname);
  if (!match) return null;
  const [high, low] = [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
