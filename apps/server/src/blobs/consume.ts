/** Takes every chunk of a stream as it comes: promises for each would cost more than the chunk. */
import { Readable } from 'node:stream';

/**
 * @param take returns a promise when the stream must wait, else null; what it throws ends the reading, not the stream
 * @throws what `take` throws; ECONNRESET when the stream ended before its end
 */
export async function consume(
  content: AsyncIterable<Buffer>,
  take: (chunk: Buffer) => Promise<void> | null,
): Promise<void> {
  if (content instanceof Readable) return listen(content, take);
  for await (const chunk of content) await take(chunk);
}

function listen(stream: Readable, take: (chunk: Buffer) => Promise<void> | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => stream.off('data', onData).off('end', onEnd).off('error', fail).off('close', onClose);
    function fail(error: unknown): void {
      stop();
      // Whoever answers decides what becomes of the rest.
      stream.pause();
      reject(error as Error);
    }
    function onEnd(): void {
      stop();
      resolve();
    }
    const onClose = () => fail(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    function onData(chunk: Buffer): void {
      try {
        const wait = take(chunk);
        if (wait === null) return;
        stream.pause();
        wait.then(() => stream.resume(), fail);
      } catch (error) {
        fail(error);
      }
    }
    if (stream.destroyed && !stream.readableEnded) return onClose();
    if (stream.readableEnded) return onEnd();
    stream.on('end', onEnd).on('error', fail).on('close', onClose).on('data', onData);
    stream.resume();
  });
}
