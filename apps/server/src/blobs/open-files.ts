/** Keeps the files of recently read blobs open: opening costs as much as reading a small one. */
import { closeFile, openFile } from './disk.ts';

export type OpenFiles = {
  /** Lends the file for one reading; `release` must follow. */
  borrow(path: string): Promise<{ fd: number; release: () => void }>;
};

type Entry = { opening: Promise<number>; users: number; kept: boolean };

/** @param most files that are kept open while nobody reads them */
export function createOpenFiles(most = 256): OpenFiles {
  // In the order of their last use. Blobs never change, so a file that was opened once stays right.
  const entries = new Map<string, Entry>();

  function drop(path: string, entry: Entry): void {
    if (entries.get(path) === entry) entries.delete(path);
    entry.kept = false;
    if (entry.users === 0) close(entry);
  }

  function close(entry: Entry): void {
    entry.opening.then(closeFile).catch(() => {}); // one that was never opened has been reported to who asked for it
  }

  return {
    async borrow(path) {
      let entry = entries.get(path);
      if (entry) entries.delete(path);
      else entry = { opening: openFile(path, 'r'), users: 0, kept: true };
      entries.set(path, entry);
      const lent = entry;
      lent.users++;
      for (const [old, oldest] of entries) {
        if (entries.size <= most) break;
        drop(old, oldest);
      }
      try {
        const fd = await lent.opening;
        return {
          fd,
          release() {
            lent.users--;
            if (!lent.kept && lent.users === 0) close(lent);
          },
        };
      } catch (error) {
        lent.users--;
        if (entries.get(path) === lent) entries.delete(path);
        throw error;
      }
    },
  };
}
