/** Takes a server out of service without a failed request. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export type Drain = {
  draining: () => boolean;
  /**
   * From now on /readyz is 503 and every answer asks for another connection; after `ms` the port closes. A balancer
   * that looks at /readyz more often than that sends nothing new by then, and idle connections have been given up by
   * those who held them: none is closed while a request is on its way over it.
   */
  begin(ms: number): Promise<void>;
};

type Drained = Pick<Server, 'prependListener' | 'listeners' | 'removeAllListeners' | 'on' | 'closeIdleConnections'>;

export function createDrain(server: Drained): Drain {
  let draining = false;
  const underWay = new Set<ServerResponse>();
  function over(this: ServerResponse): void {
    underWay.delete(this);
  }
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (draining) response.shouldKeepAlive = false;
    underWay.add(response);
    response.on('close', over);
  });
  return {
    draining: () => draining,
    async begin(ms) {
      draining = true;
      // Their connections, kept, would be closed under the next request.
      for (const response of underWay) response.shouldKeepAlive = false;
      await delay(ms);
      server.closeIdleConnections();
    },
  };
}

/** Lets `/readyz` be 503 while draining, of a server whose own listener says that it is ready as long as it answers. */
export function unreadyWhileDraining(server: Drained, draining: () => boolean): void {
  const own = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (draining() && request.url === '/readyz') {
      response.shouldKeepAlive = false;
      response.writeHead(503, { 'content-type': 'application/json' }).end('{"status":"draining"}');
    } else for (const listener of own) listener.call(server, request, response);
  });
}
