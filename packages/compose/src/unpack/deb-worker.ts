/** Runs in a worker thread: unpacks one package file at a time, so that xz uses every core. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { z } from 'zod';
import { ComposeError } from '../error.ts';
import { readDeb } from './ar.ts';
import { decompress } from './decompress.ts';

const MAX_CONTROL_BYTES = 64 * 1024 * 1024;
const MAX_DATA_BYTES = 4 * 1024 * 1024 * 1024;

const Job = z.object({ bytes: z.instanceof(Uint8Array), spool: z.string(), name: z.string() });

/** What the worker answers: the control archive, unpacked, and how many bytes of data archive are in the spool file. */
export type Unpacked = { control: Uint8Array; dataSize: number } | { code: string; message: string };

async function unpack(job: z.infer<typeof Job>): Promise<Unpacked> {
  const deb = readDeb(Buffer.from(job.bytes.buffer, job.bytes.byteOffset, job.bytes.byteLength), job.name);
  const control: Buffer[] = [];
  for await (const part of decompress(deb.control, MAX_CONTROL_BYTES, job.name)) control.push(part);
  const spool = openSync(job.spool, 'wx', 0o600);
  let dataSize = 0;
  try {
    for await (const part of decompress(deb.data, MAX_DATA_BYTES, job.name)) {
      for (let done = 0; done < part.length; ) done += writeSync(spool, part, done);
      dataSize += part.length;
    }
  } finally {
    closeSync(spool);
  }
  return { control: Buffer.concat(control), dataSize };
}

parentPort?.on('message', (message: unknown) => {
  unpack(Job.parse(message)).then(
    (result) => parentPort?.postMessage(result),
    (error: unknown) =>
      parentPort?.postMessage({
        code: error instanceof ComposeError ? error.code : 'package-invalid',
        message: error instanceof Error ? error.message : String(error),
      } satisfies Unpacked),
  );
});
