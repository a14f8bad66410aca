/** Where the user's own advisories are kept, and what was fetched for them. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.ts';

export const defaultStore = (context: Context): string => join(cacheOf(context), 'advisories');

export function cacheOf({ env }: Context): string {
  return env['PRATIQUE_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pratique');
}
