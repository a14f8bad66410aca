/** The configuration of a rebased image: what the application set stays, what came from the old base follows the new one. */
import { isDeepStrictEqual } from 'node:util';
import type { RebaseSetting } from '@pratique/contract';
import type { ImageConfig } from '../repair/image/read-image.ts';

type Settings = Record<string, unknown>;
type Three = { old: unknown; now: unknown; own: unknown };

/** Settings whose entries are merged one by one. */
const MAPS = ['Labels', 'ExposedPorts', 'Volumes'];
/** A command belongs to the entrypoint that it was written for. */
const START = ['Entrypoint', 'Cmd'];
/** What says which system the layers are for. */
const PLATFORM = ['architecture', 'os', 'variant', 'os.version', 'os.features'];

export type MergedConfig = { config: ImageConfig; settings: RebaseSetting[]; env: ReadonlyMap<string, string> };

/**
 * A three-way merge, field by field.
 *
 * @param own of the application's image, which begins with the layers of `old`
 * @see image-spec 1.1, config.md
 */
export function mergeConfig(own: ImageConfig, old: ImageConfig, now: ImageConfig): MergedConfig {
  const settings: RebaseSetting[] = [];
  const note = (name: string, from: RebaseSetting['from']) => settings.push({ name, from });
  const [mine, was, is] = [own, old, now].map((one): Settings => ({ ...one.config })) as [Settings, Settings, Settings];
  const merged: Settings = {};
  const names = [...new Set([...Object.keys(mine), ...Object.keys(is)])];
  const startIsOwn = !same(mine['Entrypoint'], was['Entrypoint']);
  for (const name of names) {
    const three: Three = { old: was[name], now: is[name], own: mine[name] };
    const value =
      name === 'Env'
        ? mergeEnv(three, note)
        : MAPS.includes(name)
          ? mergeMap(name, three, note)
          : START.includes(name) && startIsOwn
            ? kept(name, three, note)
            : mergeOne(name, three, note);
    if (value !== undefined) merged[name] = value;
  }
  const platform = Object.fromEntries(PLATFORM.flatMap((name) => (name in now ? [[name, now[name]]] : [])));
  const rest = Object.fromEntries(Object.entries(own).filter(([name]) => !PLATFORM.includes(name)));
  const applied = old.rootfs.diff_ids.length;
  const config: ImageConfig = {
    ...rest,
    ...platform,
    ...laterOf(own.created, now.created),
    config: merged as NonNullable<ImageConfig['config']>,
    rootfs: { ...own.rootfs, diff_ids: [...now.rootfs.diff_ids, ...own.rootfs.diff_ids.slice(applied)] },
    history: [...full(now), ...full(own).slice(historyLength(own, old))],
  };
  return { config, settings, env: new Map(entriesOf(merged['Env'])) };
}

/** Docker writes null for what is not set. */
const same = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a ?? null, b ?? null);

function kept(name: string, { now, own }: Three, note: (name: string, from: RebaseSetting['from']) => void): unknown {
  if (!same(own, now)) note(name, 'application');
  return own;
}

function mergeOne(name: string, three: Three, note: (name: string, from: RebaseSetting['from']) => void): unknown {
  if (!same(three.own, three.old)) return kept(name, three, note);
  if (!same(three.now, three.old)) note(name, 'new-base');
  return three.now;
}

function mergeMap(
  name: string,
  { old, now, own }: Three,
  note: (name: string, from: RebaseSetting['from']) => void,
): unknown {
  const [was, is, mine] = [old, now, own].map((one) => new Map(Object.entries((one ?? {}) as Settings)));
  const merged: Settings = {};
  for (const key of new Set([...(is?.keys() ?? []), ...(mine?.keys() ?? [])])) {
    const value = mergeOne(`${name} ${key}`, { old: was?.get(key), now: is?.get(key), own: mine?.get(key) }, note);
    if (value !== undefined) merged[key] = value;
  }
  return Object.keys(merged).length > 0 ? merged : own === undefined ? undefined : (own ?? null) && {};
}

/** The base's order first, then what the application adds. */
function mergeEnv({ old, now, own }: Three, note: (name: string, from: RebaseSetting['from']) => void): string[] {
  const [was, is, mine] = [old, now, own].map((one) => new Map(entriesOf(one)));
  const merged: string[] = [];
  for (const name of new Set([...(is?.keys() ?? []), ...(mine?.keys() ?? [])])) {
    const three = { old: was?.get(name), now: is?.get(name), own: mine?.get(name) };
    const value = extended(three) ?? mergeOne(`Env ${name}`, three, note);
    if (typeof value === 'string') merged.push(`${name}=${value}`);
  }
  return merged;
}

/** `/app/bin:$PATH` was written out by the builder: the part of the old base becomes that of the new one. */
function extended({ old, now, own }: { old: string | undefined; now: string | undefined; own: string | undefined }) {
  if (!old || !now || !own || own === old || old === now) return null;
  if (own.endsWith(`:${old}`)) return own.slice(0, -old.length) + now;
  return own.startsWith(`${old}:`) ? now + own.slice(old.length) : null;
}

function entriesOf(env: unknown): [string, string][] {
  const list = Array.isArray(env) ? env.filter((one) => typeof one === 'string') : [];
  return list.map((one) => {
    const at = one.indexOf('=');
    return at < 0 ? [one, ''] : [one.slice(0, at), one.slice(at + 1)];
  });
}

type History = NonNullable<ImageConfig['history']>;

/** One entry for each layer at least: some tools write too few, and ours would be taken for another's. */
function full({ history, rootfs }: ImageConfig): History {
  const entries = history ?? [];
  const layers = entries.filter((one) => one.empty_layer !== true).length;
  const missing = Array.from({ length: Math.max(0, rootfs.diff_ids.length - layers) }, () => ({ created_by: '' }));
  return [...entries, ...missing];
}

/** How many entries of the image are the old base's: those that are equal, else as many as make its layers. */
function historyLength(own: ImageConfig, old: ImageConfig): number {
  const [mine, base] = [full(own), full(old)];
  if (base.every((entry, at) => isDeepStrictEqual(entry, mine[at]))) return base.length;
  let layers = 0;
  let at = 0;
  for (; at < mine.length && layers < old.rootfs.diff_ids.length; at += 1)
    if (mine[at]?.empty_layer !== true) layers += 1;
  return at;
}

function laterOf(a: string | undefined, b: string | undefined): { created?: string } {
  const later = Date.parse(b ?? '') > Date.parse(a ?? '') ? b : (a ?? b);
  return later === undefined ? {} : { created: later };
}
