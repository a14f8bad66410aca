/** The loop behind webhooks: events become deliveries, deliveries become requests. */

import { fanOut } from './fan-out.ts';
import { type SendDeps, sendDue } from './send-due.ts';

const IDLE_MS = 500;

export function scheduleWebhooks(deps: SendDeps & { publicUrl: string }): { stop(): Promise<void> } {
  let stopped = false;
  let wake: () => void = () => {};
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, IDLE_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  // Two loops: receivers that take their time delay nothing but themselves.
  const loop = async (work: () => Promise<number>, what: string) => {
    while (!stopped) {
      const done = await work().catch((error: unknown) => {
        deps.log.warn({ err: error }, what);
        return 0;
      });
      if (done === 0) await pause();
    }
  };
  const both = Promise.all([
    loop(() => fanOut(deps.db, deps.publicUrl), 'events could not be handed to webhooks; it is tried again'),
    loop(() => sendDue(deps), 'webhooks could not be sent; it is tried again'),
  ]);
  return {
    async stop() {
      stopped = true;
      wake();
      await both;
    },
  };
}
