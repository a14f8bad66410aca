/** Files that an image leaves out of every package: dpkg's path filters, and what is missing of unpacked ones. */
import type { Tree } from '../../files/tree.ts';
import { glob } from './glob.ts';

type Filter = { include: boolean; pattern: string };

/** True for a path, with its leading slash, that is not unpacked. */
export type Skips = (path: string, isDirectory: boolean) => boolean;

const MAX_FILTERS = 1000;

/** `path-exclude` and `path-include` of dpkg's configuration; the last that fits decides (dpkg(1), "--path-exclude"). */
export function readPathFilters(tree: Tree): Skips {
  const folder = tree.find('/etc/dpkg/dpkg.cfg.d');
  const names =
    folder?.kind === 'directory' ? [...folder.entries.keys()].filter((name) => /^[\w-]+$/.test(name)).sort() : [];
  const filters: Filter[] = [];
  for (const path of [...names.map((name) => `/etc/dpkg/dpkg.cfg.d/${name}`), '/etc/dpkg/dpkg.cfg']) {
    for (const line of (tree.find(path)?.kind === 'file' ? (tree.readText(path) ?? '') : '').split('\n')) {
      const [, kind, pattern] = /^\s*path-(include|exclude)(?:\s*=\s*|\s+)"?(.+?)"?\s*$/.exec(line) ?? [];
      if (pattern !== undefined && filters.length < MAX_FILTERS) filters.push({ include: kind === 'include', pattern });
    }
  }
  if (filters.length === 0) return () => false;
  return (path, isDirectory) => {
    const last = filters.findLast(({ pattern }) => glob(pattern, path));
    if (!last || last.include) return false;
    // A directory stays where something below it is brought back.
    return !(isDirectory && filters.some(({ include, pattern }) => include && leadsBelow(path, pattern)));
  };
}

function leadsBelow(path: string, pattern: string): boolean {
  const fixed = pattern.replace(/[*?[\\].*$/s, '').replace(/\/+$/, '');
  return path === fixed || path.startsWith(`${fixed}/`) || fixed.startsWith(`${path}/`);
}

const DOCUMENTATION = ['doc', 'man', 'info', 'locale', 'lintian', 'bug', 'doc-base', 'menu', 'linda'] as const;

/**
 * For images that only unpack: documentation of which the old version lists files and the image has none was left out on
 * purpose, and stays out.
 */
export function missingDocumentation(tree: Tree, listed: readonly string[]): Skips {
  const left = DOCUMENTATION.map((name) => `/usr/share/${name}/`).filter((prefix) => {
    const files = listed.filter((path) => path.startsWith(prefix));
    return files.every((path) => tree.lfind(path) === null);
  });
  return (path) => left.some((prefix) => `${path}/`.startsWith(prefix));
}
