/** Manifests and lock files of a folder of sources, or of an image. */
import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mergeLayers } from '@pratique/oci/layers/merge-layers';
import type { LayerInput } from '@pratique/oci/layers/read-layer';
import { isForeignFolder, isProjectFile, MAX_PROJECT_FILE, type ProjectSource } from './project-files.ts';

const MAX_FOLDERS = 100_000;
const MAX_FILES = 20_000;
const MAX_DEPTH = 40;

/** Links are not followed: what a project says lies in the project. */
export function folderProject(dir: string): ProjectSource {
  let listed: Promise<string[]> | null = null;
  return {
    list: () => (listed ??= listFolder(dir)),
    async read(path) {
      const parts = path.split('/');
      if (path.startsWith('/') || parts.includes('..') || path.includes('\0')) return null;
      for (let count = 1; count <= parts.length; count += 1) {
        const found = await lstat(join(dir, ...parts.slice(0, count))).catch(() => null);
        const last = count === parts.length;
        if (!found || (last ? !found.isFile() || found.size > MAX_PROJECT_FILE : !found.isDirectory())) return null;
      }
      const bytes = await readFile(join(dir, path)).catch(() => null);
      return bytes && textOf(bytes);
    },
  };
}

/** What would not be written back as it was is not read. */
function textOf(bytes: Buffer): string | null {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : null;
}

async function listFolder(dir: string): Promise<string[]> {
  const found: string[] = [];
  const queue = [''];
  for (let at = 0; at < queue.length && at < MAX_FOLDERS && found.length < MAX_FILES; at += 1) {
    const folder = queue[at] ?? '';
    const entries: Dirent[] = await readdir(join(dir, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !isForeignFolder(path) && path.split('/').length < MAX_DEPTH) queue.push(path);
      else if (entry.isFile() && isProjectFile(path)) found.push(path);
    }
  }
  return found.sort();
}

/** @throws OciError as `mergeLayers` */
export async function imageProject(layers: readonly LayerInput[], signal?: AbortSignal): Promise<ProjectSource> {
  const { tree } = await mergeLayers(layers, {
    signal,
    examine: (path, { size }) =>
      isProjectFile(path) && size <= MAX_PROJECT_FILE ? { hash: false, keep: (content) => content, marks: [] } : null,
  });
  const texts = new Map<string, string>();
  for (const { path, node } of tree.nodes()) {
    const text = node.kind === 'file' && node.content && texts.size < MAX_FILES ? textOf(node.content) : null;
    if (text !== null) texts.set(path.replace(/^\//, ''), text);
  }
  return {
    list: () => Promise.resolve([...texts.keys()].sort()),
    read: (path) => Promise.resolve(texts.get(path) ?? null),
  };
}
