/** Group commit: what gathers while one transaction commits shares the next one. */

export type GroupCommit<T> = {
  /** Resolves once the item's transaction is committed. @throws what the database throws */
  add(item: T): Promise<void>;
};

const MAX_BATCH = 256;
type Waiting<T> = { item: T; done: () => void; failed: (error: unknown) => void };

/** What became of an item in a batch that was committed: null, or why it was left out. */
export type Outcome<T> = (item: T) => Error | null;

/**
 * One transaction at a time; alone, an item waits for nobody. A batch that the database refuses is committed one by
 * one, so that one bad item fails by itself.
 * @param commit writes all items in one transaction, or says afterwards which it left out
 */
export function createGroupCommit<T>(commit: (items: T[]) => Promise<Outcome<T> | void>): GroupCommit<T> {
  const waiting: Waiting<T>[] = [];
  let running = false;

  async function settle(batch: Waiting<T>[]): Promise<void> {
    try {
      const outcome = await commit(batch.map((one) => one.item));
      for (const one of batch) {
        const failure = outcome?.(one.item) ?? null;
        if (failure === null) one.done();
        else one.failed(failure);
      }
    } catch (error) {
      if (batch.length > 1 && isRefusal(error)) for (const one of batch) await settle([one]);
      else for (const one of batch) one.failed(error);
    }
  }

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) await settle(waiting.splice(0, MAX_BATCH));
    running = false;
  }

  return {
    add: (item) =>
      new Promise<void>((done, failed) => {
        waiting.push({ item, done, failed });
        if (!running) void run();
      }),
  };
}

/** The database read the statement and said no (a class of SQLSTATE), as opposed to not answering at all. */
export function isRefusal(error: unknown): boolean {
  return /^(22|23|42)/.test((error as { code?: string } | null)?.code ?? '');
}
