/** Debian from its archive, with an application of each language on top. */
import { join } from 'node:path';
import { compose } from '@pratique/compose';
import { copyGraph, createLayout } from '@pratique/oci';
import { addGo, addJava, addNode, addPython, addRust } from './payloads.ts';
import { CACHE } from './run-program.ts';
import { writeLayout } from './write-layout.ts';

/** Packages that bring metadata of language tools with them, and headers of the kernel. */
const PACKAGES = [
  'openssl',
  'ca-certificates',
  'python3',
  'python3-requests',
  'nodejs',
  'ruby',
  'libcommons-lang3-java',
];
const HEADERS = ['libc6-dev', 'linux-libc-dev'];

export async function buildDebian(layout: string, work: string): Promise<void> {
  const image = await compose(
    { suite: 'bookworm', security: true, include: [...PACKAGES, ...HEADERS] },
    { fetch: globalThis.fetch, cacheDir: join(CACHE, 'archive'), now: () => new Date() },
  );
  try {
    await copyGraph(image.source, await createLayout(layout), image.manifest.digest, {
      tag: 'latest',
      referrers: false,
    });
  } finally {
    await image.close();
  }
  const root = join(work, 'root');
  await addNode(root, 'srv/web');
  await addPython(root, 'usr/local/lib/python3.11/dist-packages');
  await addJava(root, 'opt/java');
  await addGo(root, 'usr/local/bin');
  await addRust(root, 'usr/local/bin');
  await writeLayout(layout, [root]);
}
