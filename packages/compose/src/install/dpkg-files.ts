/** dpkg's small tables, kept where dpkg keeps them: diversions and overrides of mode and owner. */
import { inMemory } from '../files/content.ts';
import { groupId, userId } from './accounts.ts';
import type { World } from './world.ts';

export type Diversion = { path: string; to: string; by: string };

const DIVERSIONS = '/var/lib/dpkg/diversions';
const OVERRIDES = '/var/lib/dpkg/statoverride';

/** Three lines each: the path, where it went, the package that keeps the path (dpkg-divert(1)). */
export function readDiversions(world: World): Diversion[] {
  const lines = (world.tree.readText(DIVERSIONS) ?? '').split('\n');
  const diversions: Diversion[] = [];
  for (let at = 0; at + 2 < lines.length; at += 3) {
    diversions.push({ path: lines[at] ?? '', to: lines[at + 1] ?? '', by: lines[at + 2] ?? '' });
  }
  return diversions;
}

export function writeDiversions(world: World, diversions: Diversion[]): void {
  world.tree.write(DIVERSIONS, inMemory(diversions.map(({ path, to, by }) => `${path}\n${to}\n${by}\n`).join('')));
}

/** Lines of `user group mode path` (dpkg-statoverride(1)), resolved to numbers. */
export function readOverrides(world: World): Map<string, { uid: number; gid: number; mode: number }> {
  const overrides = new Map<string, { uid: number; gid: number; mode: number }>();
  for (const line of (world.tree.readText(OVERRIDES) ?? '').split('\n')) {
    const [user = '', group = '', mode = '', path] = line.split(' ');
    const [uid, gid] = [userId(world, user), groupId(world, group)];
    if (path && uid !== null && gid !== null) overrides.set(path, { uid, gid, mode: Number.parseInt(mode, 8) });
  }
  return overrides;
}

export function addOverride(world: World, user: string, group: string, mode: string, path: string): void {
  world.tree.write(OVERRIDES, inMemory(`${world.tree.readText(OVERRIDES) ?? ''}${user} ${group} ${mode} ${path}\n`));
}
