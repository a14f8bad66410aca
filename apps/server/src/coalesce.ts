/** Lets many callers share one run of something, as long as it begins after they asked. */

/**
 * A caller who comes while a run is under way waits for the next one: the running one may have begun too early for it.
 * @param run what is shared; when it fails, all who waited for it are told
 */
export function coalesce<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  let next: Promise<T> | null = null;
  function begin(): Promise<T> {
    next = null;
    const now = run();
    running = now;
    const ended = () => {
      if (running === now) running = null;
    };
    now.then(ended, ended);
    return now;
  }
  return () => {
    if (running === null) return begin();
    next ??= running.then(begin, begin);
    return next;
  };
}
