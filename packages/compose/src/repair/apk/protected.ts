/** Folders whose files are the user's: an upgrade puts its own beside them (apk-protected_paths(5)). */
import type { Tree } from '../../files/tree.ts';
import { textOf } from './system.ts';

const OWN = ['etc', 'etc/init.d', 'etc/apk'];
const FOLDER = '/etc/apk/protected_paths.d';
const MAX_PATTERNS = 1000;

/** @returns whether files of a folder, named without a leading slash, are protected */
export function readProtected(tree: Tree): (folder: string) => boolean {
  const node = tree.find(FOLDER);
  const names = node?.kind === 'directory' ? [...node.entries.keys()].filter((name) => name.endsWith('.list')) : [];
  const lines = names.sort().flatMap((name) => textOf(tree, `${FOLDER}/${name}`).split('\n'));
  const patterns = lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/^[-+@!]/, '').replace(/^\/+|\/+$/g, ''));
  const all = [...new Set([...OWN, ...patterns])].slice(0, MAX_PATTERNS).map(patternOf);
  const known = new Map<string, boolean>();
  return (folder) => {
    const cached = known.get(folder);
    if (cached !== undefined) return cached;
    const parts = folder.split('/');
    const ways = parts.map((_, at) => parts.slice(0, at + 1).join('/'));
    const answer = ways.some((way) => all.some((pattern) => pattern.test(way)));
    known.set(folder, answer);
    return answer;
  };
}

/** fnmatch(3) with FNM_PATHNAME: no wildcard matches a slash. Runs of stars are one. */
export function patternOf(glob: string): RegExp {
  const parts = glob.slice(0, 500).match(/\*+|\?|\[!?[^\]/]+\]|[^*?[]+|\[/g) ?? [];
  const source = parts.map((part) => {
    if (part.startsWith('*')) return '[^/]*';
    if (part === '?') return '[^/]';
    if (/^\[.+\]$/.test(part))
      return `[${part.startsWith('[!') ? '^' : ''}${part.replace(/^\[!?|\]$/g, '').replace(/[\\\]^]/g, '\\$&')}]`;
    return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`, 's');
}
