/** Triggers of an upgrade: what the changed packages set off, and the tables that dpkg keeps of who wants to know. */
import { inMemory } from '../../files/content.ts';
import { ADMIN } from '../../install/database.ts';
import { field, type Installed, type World } from '../../install/world.ts';

type Directive = { kind: string; target: string };

/** @see deb-triggers(5) */
function directivesOf(installed: Installed): Directive[] {
  const lines = installed.control.get('triggers')?.bytes.toString('latin1').split('\n') ?? [];
  return lines
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([kind, target]) => kind && target)
    .map(([kind = '', target = '']) => ({ kind, target }));
}

/**
 * Packages with the triggers that paths, directives and scripts activated for them, in the order of their names.
 *
 * @param paths of the changed packages, by their names
 */
export function triggered(
  world: World,
  changed: readonly Installed[],
  paths: ReadonlyMap<string, ReadonlySet<string>>,
): { installed: Installed; names: string[]; by: string[] }[] {
  const activated = new Map<string, Set<string>>();
  const activate = (target: string, by: string) => activated.set(target, (activated.get(target) ?? new Set()).add(by));
  for (const installed of changed)
    for (const { kind, target } of directivesOf(installed))
      if (kind.startsWith('activate')) activate(target, installed.candidate.name);
  for (const [name, packages] of world.activated ?? []) for (const by of packages) activate(name, by);
  return [...world.packages.values()]
    .filter((installed) => installed.control.has('postinst'))
    .map((installed) => {
      const own = directivesOf(installed).filter(({ kind }) => kind.startsWith('interest'));
      const names: string[] = [];
      const by = new Set<string>();
      for (const { target } of own) {
        const from = target.startsWith('/')
          ? [...paths].filter(([, own]) => isTouched(own, target)).map(([name]) => name)
          : [...(activated.get(target) ?? [])];
        if (from.length === 0) continue;
        names.push(target);
        for (const each of from) by.add(each);
      }
      return { installed, names: [...new Set(names)], by: [...by] };
    })
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => (a.installed.candidate.name < b.installed.candidate.name ? -1 : 1));
}

function isTouched(paths: ReadonlySet<string>, target: string): boolean {
  if (paths.has(target)) return true;
  for (const path of paths) if (path.startsWith(`${target}/`)) return true;
  return false;
}

/** Brings the entries of one package in dpkg's tables up to date; those of others stay. */
export function writeInterests(world: World, old: Installed | null, now: Installed): void {
  const same = (line: string) => line.replace(/\/noawait$/, '');
  const before = old ? interestsOf(old) : [];
  const after = interestsOf(now);
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  const names = new Set([...before, ...after].map(({ target }) => (target.startsWith('/') ? 'File' : target)));
  for (const name of names) {
    if (!/^[A-Za-z0-9][A-Za-z0-9+._-]*$/.test(name)) continue;
    const path = `${ADMIN}/triggers/${name}`;
    const lines = (world.tree.readText(path) ?? '').split('\n').filter(Boolean);
    const isOurs = ({ target }: Directive) => (target.startsWith('/') ? 'File' : target) === name;
    const text = ({ kind, target }: Directive) => (name === 'File' ? `${target} ${kind}` : kind);
    const gone = new Set(before.filter(isOurs).map((each) => same(text(each))));
    const kept = lines.filter((line) => !gone.has(same(line)));
    const all = [...kept, ...after.filter(isOurs).map(text)];
    if (all.length > 0) world.tree.write(path, inMemory(all.map((line) => `${line}\n`).join('')));
    else if (name === 'File') world.tree.write(path, inMemory(''));
    else world.tree.remove(path);
  }
}

/** `kind` is the entry as dpkg writes it: the package, with `/noawait` where it is not waited for. */
function interestsOf(installed: Installed): Directive[] {
  const { name, architecture } = installed.candidate;
  const owner = field(installed, 'Multi-Arch') === 'same' ? `${name}:${architecture}` : name;
  return directivesOf(installed)
    .filter(({ kind }) => kind.startsWith('interest'))
    .map(({ kind, target }) => ({ kind: `${owner}${kind === 'interest-noawait' ? '/noawait' : ''}`, target }));
}
