/** Images where an engine of this machine keeps them: `podman:IMAGE`, `containerd:IMAGE`, `docker:IMAGE`. */
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { openContainerd, openContainersStorage, openDockerEngine } from '@pratique/oci';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import type { OpenSource } from './open-source.ts';

/** `[FOLDER]` names the store, where it is not the usual one. */
export const LOCAL_STORE = /^(podman|containerd|docker):(?!\d+(?:\/|$))(?:\[([^\]]*)\])?(.*)$/;

const CONTAINERD_ROOTS = [
  '/var/lib/containerd',
  '/var/lib/rancher/k3s/agent/containerd',
  '/var/lib/rancher/rke2/agent/containerd',
];

/** @returns null for what names no local store. @throws CliError usage; OciError for a store that cannot be read */
export async function openLocalStore(context: Context, text: string): Promise<OpenSource | null> {
  const [, kind, place, image] = LOCAL_STORE.exec(text) ?? [];
  if (kind === undefined) return null;
  if (!image) throw new CliError(EXIT.usage, `${text} names no image; write ${kind}:IMAGE, or ${kind}:[FOLDER]IMAGE`);
  const named = { reference: image, name: image.includes('@') ? null : image };
  if (kind === 'podman') {
    const root = place ?? (await firstOf(podmanRoots(context)));
    return { ...named, source: await openContainersStorage(root), close: async () => {} };
  }
  if (kind === 'containerd') {
    const root = place ?? (await firstOf(CONTAINERD_ROOTS));
    const source = await openContainerd(root, context.env['CONTAINERD_NAMESPACE'] || null);
    return { ...named, source, close: async () => {} };
  }
  const engine = await openDockerEngine(place ?? dockerSocket(context), image);
  // The archive holds this image alone, by whatever name.
  return { source: engine, reference: '', name: named.name, close: () => engine.close() };
}

/** A user's own store before the machine's; root has the machine's. */
function podmanRoots({ env }: Context): string[] {
  const data = env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share');
  const own = join(data, 'containers', 'storage');
  const shared = '/var/lib/containers/storage';
  return process.getuid?.() === 0 ? [shared, own] : [own, shared];
}

/** The first folder that is there; else the first, which the error then names. */
async function firstOf(folders: readonly string[]): Promise<string> {
  for (const folder of folders)
    if (
      await access(folder).then(
        () => true,
        () => false,
      )
    )
      return folder;
  return folders[0] ?? '';
}

function dockerSocket({ env }: Context): string {
  const host = env['DOCKER_HOST'] || 'unix:///var/run/docker.sock';
  if (!host.startsWith('unix://'))
    throw new CliError(
      EXIT.usage,
      `DOCKER_HOST is ${host}; only engines on this machine are asked (unix://...). Elsewhere: docker save IMAGE -o FILE, then docker-archive:FILE`,
    );
  return host.slice('unix://'.length);
}
