/** One line per piece of work, with its time; redrawn where there is a terminal. */

/**
 * Runs `work` and shows that it runs.
 * @template T
 * @param {string} label what is done, as a person would say it
 * @param {(note: (text: string) => void) => Promise<T>} work may report a short note on where it is
 * @returns {Promise<T>}
 */
export async function show(label, work) {
  const started = Date.now();
  const terminal = process.stdout.isTTY;
  let note = '';
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  const draw = () =>
    process.stdout.write(
      `\r\x1b[K  … ${label}  ${seconds()}${note ? `  ${note.slice(0, Math.max((process.stdout.columns ?? 80) - label.length - 20, 10))}` : ''}`,
    );
  if (!terminal) process.stdout.write(`  … ${label}\n`);
  const timer = terminal
    ? setInterval(draw, 200)
    : setInterval(() => process.stdout.write(`  … ${label}, ${seconds()}\n`), 15_000);
  try {
    const result = await work((text) => {
      note = text.trim().split('\n').at(-1) ?? '';
    });
    clearInterval(timer);
    const clear = terminal ? '\r\x1b[K' : '';
    if (terminal || Date.now() - started > 1000) process.stdout.write(`${clear}  ✓ ${label}  ${seconds()}\n`);
    return result;
  } catch (error) {
    clearInterval(timer);
    process.stdout.write(`${terminal ? '\r\x1b[K' : ''}  ✗ ${label}  ${seconds()}\n`);
    throw error;
  }
}
