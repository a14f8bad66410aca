/** The loop behind webhooks: events become deliveries, deliveries become requests. */
import { fanOut } from './fan-out.ts';
import { createSender, type SendDeps } from './send-due.ts';

const IDLE_MS = 500;

export function scheduleWebhooks(deps: SendDeps & { publicUrl: string }): { stop(): Promise<void> } {
  const sender = createSender(deps);
  let stopped = false;
  const wakers = new Set<() => void>();
  const pause = () =>
    new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        wakers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, IDLE_MS);
      wakers.add(wake);
    });
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
    loop(() => sender.send(), 'webhooks could not be sent; it is tried again'),
  ]);
  return {
    async stop() {
      stopped = true;
      for (const wake of wakers) wake();
      await both;
      await sender.idle();
    },
  };
}
