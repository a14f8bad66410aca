/** A bar on standard error for whatever takes more than a moment; silent where nobody watches. */
export type Progress = {
  /** @param done and `total` in any unit; total 0 when it is not known */
  update(label: string, done: number, total: number): void;
  /** Clears the line. */
  end(): void;
};

const WIDTH = 24;
const FIRST_AFTER_MS = 300;

/** @param stream a terminal, or anything else, which then stays silent */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  const started = Date.now();
  let drawn = false;
  let last = 0;
  if (!stream.isTTY) return { update() {}, end() {} };
  return {
    update(label, done, total) {
      const now = Date.now();
      if (now - started < FIRST_AFTER_MS || (now - last < 80 && done < total)) return;
      last = now;
      drawn = true;
      const share = total > 0 ? Math.min(done / total, 1) : 0;
      const filled = Math.round(share * WIDTH);
      const bar =
        total > 0
          ? `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${String(Math.floor(share * 100)).padStart(3)} % `
          : '';
      stream.write(`\r\x1b[K${bar}${label}`.slice(0, (stream.columns || 80) + 4));
    },
    end() {
      if (drawn) stream.write('\r\x1b[K');
      drawn = false;
    },
  };
}
