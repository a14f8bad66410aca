/** Reads an image of a Docker engine, which gives it away as an archive through its socket. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ContentSource } from '../content.ts';
import { openDockerArchive } from '../docker-archive/open-archive.ts';
import { OciError } from '../error.ts';

const MAX_ERROR_BYTES = 64 * 1024;
/** An engine that says nothing for so long is stuck; large images are packed before the first byte comes. */
const SILENCE_MS = 10 * 60_000;

/**
 * The archive lies in a temporary folder until `close`.
 *
 * @param socket path of the engine's socket; podman's speaks the same
 * @param name as `docker images` shows it, or an id
 * @throws OciError `not-found` for an engine that is not there or an image that it has not, `archive-invalid`
 * @see Docker Engine API 1.24 and later, "Export an image"
 */
export async function openDockerEngine(
  socket: string,
  name: string,
): Promise<ContentSource & { close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), `pratique-engine-${process.pid}-`));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'image.tar');
    const answer = await ask(socket, `/images/${encodeURIComponent(name)}/get`);
    if (answer.statusCode !== 200) throw await refusal(answer, socket, name);
    await pipeline(answer, createWriteStream(file, { mode: 0o600 }));
    const archive = await openDockerArchive(file);
    return {
      ...archive,
      async close() {
        await archive.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

function ask(socketPath: string, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, headers: { host: 'docker' } }, resolve);
    sent.setTimeout(SILENCE_MS, () => sent.destroy(new Error(`no answer within ${SILENCE_MS / 60_000} minutes`)));
    sent.on('error', (cause) => {
      reject(new OciError('not-found', `no Docker engine answers at ${socketPath}: ${cause.message}`, { cause }));
    });
    sent.end();
  });
}

async function refusal(answer: IncomingMessage, socket: string, name: string): Promise<OciError> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ERROR_BYTES) break;
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8').trim().slice(0, 500);
  return answer.statusCode === 404
    ? new OciError('not-found', `the engine at ${socket} has no image ${name}`)
    : new OciError('archive-invalid', `the engine at ${socket} answers ${answer.statusCode} for ${name}: ${text}`);
}
