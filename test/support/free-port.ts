/** A TCP port on loopback that nobody listens on now. */
import { type AddressInfo, createServer } from 'node:net';

const given = new Set<number>();

export async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const probe = createServer()
        .once('error', reject)
        .listen(0, '127.0.0.1', () => {
          const { port: found } = probe.address() as AddressInfo;
          probe.close(() => resolve(found));
        });
    });
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}
