/** A TCP port on loopback that nobody listens on now. */
import { createServer } from 'node:net';

/** Below those that the kernel gives to outgoing connections. */
const FIRST = 20_000;
const LAST = 32_000;
const given = new Set<number>();

/**
 * A client that tries again and again to reach a server that is being restarted can be given the server's own port as
 * its local one, if that lies among those for outgoing connections; it then talks to itself, and the server cannot start.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
