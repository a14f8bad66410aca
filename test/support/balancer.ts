/** A small TCP balancer: round robin over the servers whose /readyz is 200, as any balancer does it. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export type Balancer = {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  host: string;
  /** Connections that no server took. */
  refused(): number;
  stop(): Promise<void>;
};

const LOOK_MS = 200;

/** Whether a server says that it is ready, over plain HTTP. */
const isReadyPlain = (url: string) =>
  fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000), headers: { connection: 'close' } }).then(
    (answer) => answer.status === 200,
    () => false,
  );

/** @param port where to listen @param servers base URLs, asked now and then; they may not be up yet */
export async function startBalancer(
  port: number,
  servers: () => readonly string[],
  isReady: (url: string) => Promise<boolean> = isReadyPlain,
): Promise<Balancer> {
  let healthy: string[] = [];
  let turn = 0;
  let stopped = false;
  let refused = 0;
  const open = new Set<Socket>();

  const looking = (async () => {
    while (!stopped) {
      const urls = servers();
      const ready = await Promise.all(urls.map(isReady));
      healthy = urls.filter((_, n) => ready[n]);
      await delay(LOOK_MS);
    }
  })();

  function serve(client: Socket, tries: number): void {
    const target = healthy[turn++ % Math.max(healthy.length, 1)];
    if (target === undefined || tries <= 0) {
      refused++;
      client.destroy();
      return;
    }
    const backend = connect(Number(new URL(target).port), '127.0.0.1');
    backend.once('error', () => serve(client, tries - 1));
    backend.once('connect', () => {
      open.add(backend);
      backend.removeAllListeners('error');
      const end = () => {
        open.delete(backend);
        open.delete(client);
        // What was written is still sent; then both are gone.
        client.destroySoon();
        backend.destroySoon();
      };
      for (const socket of [client, backend]) socket.on('error', end).on('close', end);
      client.pipe(backend);
      backend.pipe(client);
    });
  }

  const server = createServer((client) => {
    client.on('error', () => {});
    open.add(client);
    serve(client, 5);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    refused: () => refused,
    async stop() {
      stopped = true;
      await looking;
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
