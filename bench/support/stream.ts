/** Streams gigabytes in and out, and watches the memory of the server process meanwhile. */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { memoryMib } from './process-tree.ts';
import type { RunningRegistry } from './servers.ts';

const MIB = 1024 * 1024;
const BLOB_MIB = 128;
const AT_ONCE = 8;

export type Streamed = { gigabytes: number; mostMib: number; seconds: number };

/** Half of the gigabytes in, in chunked PUTs, half out; every byte is checked. */
export async function streamGigabytes(
  registry: RunningRegistry,
  name: string,
  pid: number,
  gigabytes: number,
): Promise<Streamed> {
  const headers = await registry.headers(`repository:${name}:pull,push`);
  const count = Math.round((gigabytes * 1e9) / 2 / (BLOB_MIB * MIB));
  const started = performance.now();
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, memoryMib(pid));
  }, 100);
  let next = 0;
  const work = async () => {
    while (next < count) {
      const n = next++;
      const digest = digestOf(n);
      await send(registry, name, headers, n, digest);
      await receive(registry, name, headers, digest);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    clearInterval(watch);
  }
  return {
    gigabytes: (count * 2 * BLOB_MIB * MIB) / 1e9,
    mostMib: most,
    seconds: (performance.now() - started) / 1000,
  };
}

const filler = Buffer.alloc(MIB, 'z');
const piece = (n: number, at: number) =>
  at === 0 ? Buffer.concat([Buffer.from(`blob ${n} `), filler]).subarray(0, MIB) : filler;

function digestOf(n: number): string {
  const hash = createHash('sha256');
  for (let at = 0; at < BLOB_MIB; at++) hash.update(piece(n, at));
  return `sha256:${hash.digest('hex')}`;
}

async function send(
  registry: RunningRegistry,
  name: string,
  headers: Record<string, string>,
  n: number,
  digest: string,
): Promise<void> {
  const opened = await fetch(`${registry.url}/v2/${name}/blobs/uploads/`, { method: 'POST', headers });
  const target = new URL(opened.headers.get('location') ?? '', registry.url);
  target.searchParams.set('digest', digest);
  const status = await new Promise<number>((resolve, reject) => {
    const call = request(target, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/octet-stream' },
    });
    call.on('error', reject);
    call.on('response', (answer) => answer.resume().on('end', () => resolve(answer.statusCode ?? 0)));
    let at = 0;
    const more = () => {
      while (at < BLOB_MIB) if (!call.write(piece(n, at++))) return void call.once('drain', more);
      call.end();
    };
    more();
  });
  if (status !== 201) throw new Error(`${registry.name} answered a stream with ${status}`);
}

function receive(
  registry: RunningRegistry,
  name: string,
  headers: Record<string, string>,
  digest: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    request(`${registry.url}/v2/${name}/blobs/${digest}`, { headers }, (answer) => {
      answer.on('data', (chunk: Buffer) => hash.update(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        `sha256:${hash.digest('hex')}` === digest ? resolve() : reject(new Error(`${registry.name} sent other bytes`)),
      );
    })
      .on('error', reject)
      .end();
  });
}
