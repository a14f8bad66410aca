/** Sends a blob or a part of it: from memory when it is hot, else from the disk through reused buffers. */
import type { ServerResponse } from 'node:http';
import { ServerError } from '../error.ts';
import { readAt } from './disk.ts';
import type { HotBlobs } from './hot.ts';
import type { OpenFiles } from './open-files.ts';
import type { BufferPool } from './pool.ts';

export type BlobSender = {
  /**
   * Sends bytes `start` to `end`, both included, of a blob that has `size` bytes.
   * @param head writes status and headers; called once the content is at hand: a blob that the disk lost is an error,
   * never an empty answer
   * @throws ServerError `rate-limited` when too many read already; what the disk says; an Error when the client went
   */
  send(
    response: ServerResponse,
    blob: { digest: string; size: number; start: number; end: number },
    head: () => void,
  ): Promise<void> | void;
};

export function createBlobSender(
  path: (digest: string) => string,
  hot: HotBlobs,
  pool: BufferPool,
  files: OpenFiles,
): BlobSender {
  async function readWhole(digest: string, size: number): Promise<Buffer> {
    const { fd, release } = await files.borrow(path(digest));
    try {
      const content = Buffer.allocUnsafeSlow(size);
      for (let at = 0; at < size; ) {
        const bytes = await readAt(fd, content.subarray(at), size - at, at);
        if (bytes === 0) throw shorter(digest);
        at += bytes;
      }
      return content;
    } finally {
      release();
    }
  }

  async function stream(
    response: ServerResponse,
    blob: { digest: string; start: number; end: number },
    head: () => void,
  ): Promise<void> {
    const { fd, release } = await files.borrow(path(blob.digest));
    const buffer = pool.take();
    try {
      if (buffer === null) throw new ServerError('rate-limited', 'too many blobs are being read; try again');
      let begun = false;
      for (let at = blob.start; at <= blob.end; ) {
        const bytes = await readAt(fd, buffer, Math.min(buffer.length, blob.end + 1 - at), at);
        if (bytes === 0) throw shorter(blob.digest);
        if (!begun) head();
        begun = true;
        at += bytes;
        await write(response, buffer.subarray(0, bytes), at > blob.end);
      }
    } finally {
      if (buffer) pool.give(buffer);
      release();
    }
  }

  return {
    send(response, blob, head) {
      const { digest, size, start, end } = blob;
      const content = hot.read(digest, size, () => readWhole(digest, size));
      if (content === null) return stream(response, blob, head);
      const give = (bytes: Buffer) => {
        head();
        response.end(start === 0 && end === size - 1 ? bytes : bytes.subarray(start, end + 1));
      };
      return content instanceof Promise ? content.then(give) : give(content);
    },
  };
}

const shorter = (digest: string) => new Error(`the blob ${digest} is shorter on the disk than it was`);

/** Resolves when the socket has taken the bytes and the buffer may be used again; rejects when the client is gone. */
function write(response: ServerResponse, bytes: Buffer, last: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    // An answer that waits its turn on a connection that breaks is never written: its callback would not come.
    const gone = () => reject(Object.assign(new Error('the client went away'), { code: 'ECONNRESET' }));
    if (response.destroyed) return gone();
    response.once('close', gone);
    const done = (error?: Error | null) => {
      response.off('close', gone);
      if (error) reject(error);
      else resolve();
    };
    if (last) response.end(bytes, done);
    else response.write(bytes, done);
  });
}
