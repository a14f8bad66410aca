/** Registries elsewhere: a real docker-registry, and ones that hang, lie or never come to an end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { openRegistry } from '../../packages/oci/src/index.ts';
import type { TestImage } from './image.ts';

export type Upstream = { host: string; stop(): Promise<void> };

/** docker-registry on this port. @param program its path */
export async function startDockerRegistry(program: string, port: number): Promise<Upstream> {
  const folder = await mkdtemp(join(tmpdir(), 'upstream-'));
  const host = `127.0.0.1:${port}`;
  const file = join(folder, 'registry.yml');
  await writeFile(
    file,
    `version: 0.1\nstorage: {filesystem: {rootdirectory: ${join(folder, 'data')}}, delete: {enabled: true}}\nhttp: {addr: "${host}"}\nlog: {level: error}\n`,
  );
  const child: ChildProcess = spawn(program, ['serve', file], { stdio: 'ignore' });
  const answers = () =>
    fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    host,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Pushes an image to any registry on loopback. */
export async function pushUpstream(host: string, name: string, tag: string, image: TestImage): Promise<void> {
  const place = openRegistry({ url: `http://${host}`, name });
  for (const { digest, bytes, mediaType } of image.blobs) {
    const descriptor = { mediaType, digest, size: bytes.length };
    if (!(await place.hasBlob(descriptor))) await place.putBlob(descriptor, Readable.from([bytes]));
  }
  await place.putManifest({ digest: image.digest, mediaType: image.mediaType, bytes: image.manifest }, tag);
}

export type FalseUpstream = Upstream & { asked: string[] };

/** A registry that answers as the test wants. */
export async function startFalseRegistry(
  port: number,
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<FalseUpstream> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    host: `127.0.0.1:${port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
