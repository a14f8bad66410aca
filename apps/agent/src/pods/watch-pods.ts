/** Follows the pods of the cluster: a list, then a watch from where the list ended, and again whenever either breaks. */
import type { RunningPod } from '@pratique/contract';
import type { Logger } from 'pino';
import { z } from 'zod';
import { backoffDelay, pause } from '../backoff.ts';
import { AgentError } from '../error.ts';
import type { KubeClient } from '../kube/client.ts';
import { readPod } from './read-pod.ts';

const PAGE = 500;
const Metadata = z.object({ resourceVersion: z.string().default(''), continue: z.string().nullish() });
const PodList = z.object({ metadata: Metadata, items: z.array(z.unknown()).nullable() });
const WatchEvent = z.object({ type: z.string(), object: z.unknown() });
const Versioned = z.object({ metadata: z.object({ uid: z.string().optional(), resourceVersion: z.string() }) });
/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
const Status = z.object({ code: z.number().optional(), message: z.string().optional() });

export type PodListener = {
  /** All live pods at one moment; what it does not name runs no more. */
  onList(pods: readonly RunningPod[]): void;
  onLive(pod: RunningPod): void;
  onOver(uid: string): void;
};

/** Runs until `signal` aborts; every failure is told and tried again. */
export async function watchPods(
  kube: KubeClient,
  listener: PodListener,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  let version: string | null = null;
  for (let failures = 0; !signal.aborted; )
    try {
      version ??= await list(kube, listener, log);
      version = await watch(kube, listener, log, version, signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      // The API server has forgotten the version we are at: only a new list says what happened since.
      const isExpired = error instanceof AgentError && error.code === 'watch-expired';
      if (isExpired) version = null;
      else failures++;
      log.warn({ err: error, failures }, isExpired ? 'the watch of pods expired' : 'pods cannot be watched');
      if (!isExpired || failures > 0) await pause(backoffDelay(failures), signal);
    }
}

async function list(kube: KubeClient, listener: PodListener, log: Logger): Promise<string> {
  const pods: RunningPod[] = [];
  let token = '';
  for (;;) {
    const query = `limit=${PAGE}${token ? `&continue=${encodeURIComponent(token)}` : ''}`;
    const page = PodList.parse(await kube.get(`/api/v1/pods?${query}`));
    for (const item of page.items ?? []) {
      const read = readPod(item);
      if (read.outcome === 'live') pods.push(read.pod);
      if (read.outcome === 'unreadable') log.warn({ uid: read.uid, reason: read.message }, 'a pod cannot be read');
    }
    token = page.metadata.continue ?? '';
    if (token === '') {
      listener.onList(pods);
      return page.metadata.resourceVersion;
    }
  }
}

/** @returns the version reached, from which the next watch goes on */
async function watch(
  kube: KubeClient,
  listener: PodListener,
  log: Logger,
  from: string,
  signal: AbortSignal,
): Promise<string> {
  let version = from;
  // The API server ends a watch by itself; a time of our own spreads those of many agents.
  const seconds = 300 + Math.floor(Math.random() * 300);
  const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=${seconds}`;
  try {
    await kube.watch(`/api/v1/pods?${query}&resourceVersion=${encodeURIComponent(version)}`, take, signal);
  } catch (error) {
    // Where it broke off the next one goes on, unless the version itself is the trouble.
    if (version === from || (error instanceof AgentError && error.code === 'watch-expired')) throw error;
    log.info({ err: error }, 'the watch of pods broke off; it goes on');
  }
  return version;

  function take(raw: unknown): void {
    const { type, object } = WatchEvent.parse(raw);
    if (type === 'ERROR') {
      const { code, message = '' } = Status.parse(object);
      throw new AgentError(code === 410 ? 'watch-expired' : 'kubernetes', `the watch of pods ended: ${message}`);
    }
    const { metadata } = Versioned.parse(object);
    if (type === 'DELETED' && metadata.uid) listener.onOver(metadata.uid);
    else if (type === 'ADDED' || type === 'MODIFIED') {
      const read = readPod(object);
      if (read.outcome === 'live') listener.onLive(read.pod);
      else if (read.outcome === 'over') listener.onOver(read.uid);
      else log.warn({ uid: read.uid, reason: read.message }, 'a pod cannot be read');
    }
    version = metadata.resourceVersion;
  }
}
