/** Ports for a cluster's servers, below those that the kernel gives to outgoing connections. */
import { createServer } from 'node:net';

const FIRST = 21_000;
const LAST = 31_000;

/**
 * Ports on loopback that nobody listens on now. A client that tries again and again to reach a server that is being
 * restarted can be given the server's own port as its local one, if that lies in the ephemeral range, and so take it.
 */
export async function freePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const found: [Name, number][] = [];
  let port = FIRST + Math.floor(Math.random() * (LAST - FIRST - 1000));
  for (const name of names) {
    while (!(await isFree(port))) if (++port > LAST) throw new Error(`no free port up to ${LAST}`);
    found.push([name, port++]);
  }
  return Object.fromEntries(found) as Record<Name, number>;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
