/** Which requirements have to rise together, by minimal version selection, and what go.sum needs for them. */
import { compareVersions } from '../../versions/compare.ts';
import type { Registries } from '../registries.ts';
import { type Requires, readRequires } from './go-mod.ts';
import { modHash, readMod, readZipHash } from './module-proxy.ts';

export type Selected = {
  /** New versions of what the main module requires already. */
  raised: ReadonlyMap<string, string>;
  /** The Go version that they ask for, where it is later than the main module's. */
  go: string | null;
  sums: string[];
};

/** Go files that are read for one change. */
const MAX_MODS = 400;

/**
 * @returns what changes, or in words why it cannot be said
 * @see go.dev/ref/mod#minimal-version-selection, #graph-pruning, #go-sum-files
 */
export async function selectVersions(
  main: Requires,
  module: string,
  version: string,
  registries: Registries,
): Promise<Selected | string> {
  const raised = new Map([[module, version]]);
  const sums = new Set<string>();
  const seen = new Set<string>();
  const queue = [{ module, version, follow: true }];
  let go = main.go;
  for (let next = queue.shift(); next; next = queue.shift()) {
    const key = `${next.module} ${next.version}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MAX_MODS) return `it depends on more than ${MAX_MODS} modules`;
    const text = await readMod(registries, next.module, next.version);
    if (text.status !== 'found')
      return `${key}: ${text.status === 'absent' ? 'the proxy does not have it' : text.detail}`;
    sums.add(`${next.module} ${next.version}/go.mod ${modHash(text.value)}`);
    const needs = readRequires(text.value);
    const isRaised = raised.get(next.module) === next.version;
    if (isRaised && compareVersions('golang', needs.go, go) > 0) go = needs.go;
    // Of a module that prunes its graph, what its requirements need themselves is not looked at.
    if (!next.follow && compareVersions('golang', needs.go, '1.17') >= 0) continue;
    const old = main.requires.get(next.module)?.version;
    const had = isRaised && old !== undefined ? await readMod(registries, next.module, old) : null;
    const before = had?.status === 'found' ? readRequires(had.value).requires : null;
    for (const [name, need] of needs.requires) {
      const current = raised.get(name) ?? main.requires.get(name)?.version;
      const rises = current !== undefined && compareVersions('golang', need.version, current) > 0;
      if (rises && main.replaced.has(name)) return `${key} needs ${name} ${need.version}, which go.mod replaces`;
      if (rises) raised.set(name, need.version);
      if (isRaised && current === undefined && !need.indirect && before && !before.has(name))
        return `${key} needs ${name} ${need.version}, which go.mod does not have`;
      queue.push({ module: name, version: need.version, follow: rises });
    }
  }
  for (const [name, to] of raised) {
    const hash = await readZipHash(registries, name, to);
    if (hash.status !== 'found')
      return `${name} ${to}: ${hash.status === 'absent' ? 'the proxy does not have it' : hash.detail}`;
    sums.add(`${name} ${to} ${hash.value}`);
  }
  const later = compareVersions('golang', go, main.go) > 0 && compareVersions('golang', go, '1.21') >= 0;
  return { raised, go: later ? go : null, sums: [...sums] };
}
