/** What runs now, and what of it the server has not been told yet. Bounded by the cluster: a pod is noted once. */
import type { RunningPod } from '@pratique/contract';
import type { PodListener } from '../pods/watch-pods.ts';

/** More that ended than this since the last report, and a new snapshot says it shorter. */
const MAX_ENDED = 10_000;

export type Changes = { pods: RunningPod[]; ended: string[] };

export type PodBook = PodListener & {
  /** Resolves with the first list: before it, that nothing is known does not mean that nothing runs. */
  listed: Promise<void>;
  /** Whether there is something to tell. */
  isDirty(): boolean;
  /** Takes up to `limit` live pods that changed and everything that ended; they count as told. */
  take(limit: number): Changes;
  /** All live pods; from now on only later changes count as untold. */
  takeAll(): RunningPod[];
  /** Too much happened to tell it one by one. */
  needsSnapshot(): boolean;
};

/** @param onChange called whenever there is something new to tell */
export function createPodBook(onChange: () => void): PodBook {
  const live = new Map<string, { pod: RunningPod; text: string }>();
  const changed = new Set<string>();
  const ended = new Set<string>();
  const listed = Promise.withResolvers<void>();
  let overflow = false;

  function note(pod: RunningPod): void {
    const text = JSON.stringify(pod);
    if (live.get(pod.uid)?.text === text) return;
    live.set(pod.uid, { pod, text });
    ended.delete(pod.uid);
    changed.add(pod.uid);
  }

  function over(uid: string): void {
    if (!live.delete(uid)) return;
    changed.delete(uid);
    ended.add(uid);
    if (ended.size > MAX_ENDED) {
      overflow = true;
      ended.clear();
    }
  }

  return {
    listed: listed.promise,
    onList(pods) {
      const named = new Set(pods.map((pod) => pod.uid));
      for (const uid of live.keys()) if (!named.has(uid)) over(uid);
      for (const pod of pods) note(pod);
      listed.resolve();
      onChange();
    },
    onLive(pod) {
      note(pod);
      if (changed.size > 0) onChange();
    },
    onOver(uid) {
      over(uid);
      if (ended.size > 0 || overflow) onChange();
    },
    isDirty: () => changed.size > 0 || ended.size > 0 || overflow,
    take(limit) {
      const uids = [...changed].slice(0, limit);
      for (const uid of uids) changed.delete(uid);
      const gone = [...ended];
      ended.clear();
      return { pods: uids.flatMap((uid) => live.get(uid)?.pod ?? []), ended: gone };
    },
    takeAll() {
      changed.clear();
      ended.clear();
      overflow = false;
      return [...live.values()].map(({ pod }) => pod);
    },
    needsSnapshot: () => overflow,
  };
}
