/** Waits for the end of a chain's run, telling where it is. */
import { ImageStatus, Run } from '@pratique/contract';
import type { ApiClient } from './api-client.ts';
import type { Progress } from './progress.ts';
import { imagePath, type ServerImage } from './reference.ts';

const POLL_MS = 250;
const OVER = new Set(['succeeded', 'failed', 'denied']);

/** A run that waits for a person ends the waiting too. */
export async function waitForRun(api: ApiClient, account: string, runId: string, progress: Progress): Promise<Run> {
  try {
    for (;;) {
      const run = await api.get(`/accounts/${account}/runs/${runId}`, Run);
      const done = run.steps.filter((step) => ['succeeded', 'failed', 'denied', 'skipped'].includes(step.state)).length;
      progress.update(run.steps.find((step) => step.state === 'running')?.name ?? run.state, done, run.steps.length);
      if (OVER.has(run.state) || run.state === 'waiting') return run;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    progress.end();
  }
}

/** Waits until no run of the image is under way, and answers with its status. */
export async function waitForImage(api: ApiClient, image: ServerImage, progress: Progress): Promise<ImageStatus> {
  const status = await api.get(imagePath(image), ImageStatus);
  if (!status.chain.run || OVER.has(status.chain.state) || status.chain.state === 'waiting') return status;
  await waitForRun(api, image.account, status.chain.run.id, progress);
  return api.get(imagePath(image), ImageStatus);
}
