/** Where the user's own advisories are kept. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.ts';

export function defaultStore({ env }: Context): string {
  return join(
    env['PRATIQUE_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pratique'),
    'advisories',
  );
}
