/** Takes a server out of service without a failed request. */
import type { Server } from 'node:http';
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

export function createDrain(server: Server): Drain {
  let draining = false;
  server.prependListener('request', (_request, response) => {
    if (draining) response.shouldKeepAlive = false;
  });
  return {
    draining: () => draining,
    async begin(ms) {
      draining = true;
      await delay(ms);
      server.closeIdleConnections();
    },
  };
}
