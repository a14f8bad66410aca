/** Uploads one blob, streamed; what can be opened again is sent again, anything else is spooled first. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OciError } from '../error.ts';
import type { Descriptor } from '../manifest.ts';
import { verifyStream } from '../verify-stream.ts';
import { resolveLocation, type Send } from './send.ts';

export type Upload = {
  descriptor: Descriptor;
  content: Readable;
  /** Opens the content anew; absent where it can be read only once. */
  reopen: (() => Promise<Readable>) | undefined;
};

const ATTEMPTS = 3;

/**
 * @throws OciError `digest-mismatch` and `size-mismatch` for the content; what `send` throws
 * @see distribution-spec 1.1, "POST then PUT"
 */
export async function putBlob(send: Send, base: string, upload: Upload): Promise<void> {
  if (upload.reopen) return sendContent(send, base, upload.descriptor, upload.content, upload.reopen);
  const folder = await mkdtemp(join(tmpdir(), 'pratique-push-'));
  try {
    const file = join(folder, 'blob');
    await pipeline(upload.content, verifyStream(upload.descriptor), createWriteStream(file, { mode: 0o600 }));
    const reopen = () => Promise.resolve(createReadStream(file, { highWaterMark: 1 << 20 }));
    await sendContent(send, base, upload.descriptor, await reopen(), reopen);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sendContent(
  send: Send,
  base: string,
  descriptor: Descriptor,
  first: Readable,
  reopen: () => Promise<Readable>,
): Promise<void> {
  let content: Readable | null = first;
  try {
    for (let tries = 1; ; tries += 1) {
      // A new session each time: how much of the last one arrived is not known. It also renews a token that ran out.
      const target = await openUpload(send, base, descriptor);
      content ??= await reopen();
      const failure = await sendOnce(send, target, descriptor, content);
      content.destroy();
      content = null;
      if (!failure) return;
      if (tries >= ATTEMPTS || !isPassing(failure)) throw failure;
    }
  } finally {
    content?.destroy();
  }
}

async function openUpload(send: Send, base: string, descriptor: Descriptor): Promise<string> {
  const started = await send(`${base}/blobs/uploads/`, { method: 'POST', headers: { 'content-length': '0' } });
  await started.body?.cancel();
  const location = started.headers.get('location');
  if (!location) throw new OciError('registry-error', `${new URL(base).host} opened an upload without a Location`);
  const target = new URL(resolveLocation(location, `${base}/`));
  target.searchParams.set('digest', descriptor.digest);
  return target.href;
}

async function sendOnce(send: Send, url: string, descriptor: Descriptor, content: Readable): Promise<Error | null> {
  const verify = verifyStream(descriptor);
  let own: Error | null = null;
  // The faults of the content count, not what the broken request makes of them.
  const body = content.on('error', (error: Error) => verify.destroy(error)).pipe(verify);
  verify.on('error', (error: Error) => {
    own ??= error;
  });
  try {
    const response = await send(url, {
      method: 'PUT',
      headers: { 'content-length': String(descriptor.size), 'content-type': 'application/octet-stream' },
      body: Readable.toWeb(body) as ReadableStream<Uint8Array>,
      once: true,
    });
    await response.body?.cancel();
    return null;
  } catch (error) {
    verify.destroy();
    return own ?? (error as Error);
  }
}

/** A cut connection, a busy registry, and a token that ran out between the two requests. */
function isPassing(error: Error): boolean {
  return (
    error instanceof OciError &&
    (error.code === 'registry-unreachable' || /answered (?:401|408|429|5\d\d) /.test(error.message))
  );
}
