/** Plans the change of one npm package: in package-lock.json where the parents' ranges take it, else by command. */
import { asObject, type Json } from '../../catalogers/text.ts';
import { affectedIds, type Choice, chooseVersion } from '../choose-version.ts';
import {
  byCommand,
  commandOf,
  type Group,
  leftOf,
  OFFLINE,
  type PlanContext,
  type Planned,
  type Planner,
  planByCommand,
  remainingNote,
} from '../group.ts';
import { folderOf, inFolder } from '../project-files.ts';
import { dropOrphans, editLock, openJson, unmetNeeds } from './edit-lock.ts';
import {
  bySemver,
  type Dependent,
  dependentsOf,
  isProject,
  type LockEntry,
  type NpmLock,
  rangeFor,
  readNpmLock,
  takes,
  unreachable,
} from './lock.ts';
import { type NpmPackage, readNpmPackage } from './registry.ts';

const LOCKS = ['npm-shrinkwrap.json', 'package-lock.json'];
const OTHERS: Readonly<Record<string, (name: string, version: string) => string[]>> = {
  'yarn.lock': (name, version) => [commandOf('yarn', 'upgrade', `${name}@${version}`)],
  'pnpm-lock.yaml': (name, version) => [commandOf('pnpm', 'update', `${name}@${version}`)],
  'bun.lock': (name, version) => [commandOf('bun', 'update', `${name}@${version}`)],
};

export const planNpm: Planner = async (group, context) => {
  const planned: Planned = { upgrades: [], left: [] };
  const folders = new Map(group.each.paths.map((path) => [projectOf(path), path]));
  for (const [folder, path] of folders) {
    const { upgrades, left } = await planFolder(group, context, folder, path);
    planned.upgrades.push(...upgrades);
    planned.left.push(...left);
  }
  return planned;
};

function projectOf(path: string): string {
  const at = /(?:^|\/)node_modules\//.exec(path)?.index;
  return at === undefined ? folderOf(path) : path.slice(0, at);
}

async function planFolder(group: Group, context: PlanContext, folder: string, path: string): Promise<Planned> {
  const { name } = group.each;
  for (const lockName of LOCKS) {
    const place = await openPlace(context, folder, lockName);
    const entries = place ? entriesOf(place.lock, group) : [];
    if (place && entries.length > 0) return planInLock(group, context, place, entries);
  }
  const published = context.registries ? await versionsOf(context, name) : null;
  for (const [lockName, commands] of Object.entries(OTHERS))
    if ((await context.files.read(inFolder(folder, lockName))) !== null)
      return planByCommand(
        group,
        context,
        inFolder(folder, lockName),
        (version) => commands(name, version),
        [`${lockName} is changed by its own tool alone`],
        published,
      );
  const notes = [`no lock file of npm names it beside ${path}; it is changed where the image is built from`];
  return planByCommand(group, context, path, (version) => [install(name, version)], notes, published);
}

async function versionsOf(context: PlanContext, name: string): Promise<string[] | null> {
  const answer = context.registries && (await readNpmPackage(context.registries, name));
  return answer?.status === 'found' ? answer.value.versions : null;
}

type Place = {
  folder: string;
  path: string;
  lock: NpmLock;
  json: Json;
  manifest: Json | null;
  /** Null where the file would not be written back as it was. */
  write: ((value: unknown) => string) | null;
};

async function openPlace(context: PlanContext, folder: string, lockName: string): Promise<Place | null> {
  const path = inFolder(folder, lockName);
  const text = await context.files.read(path);
  if (text === null) return null;
  const manifest = jsonOf(await context.files.read(inFolder(folder, 'package.json')));
  const opened = openJson(text);
  const json = opened?.value ?? jsonOf(text);
  const lock = json && readNpmLock(json, manifest);
  return json && lock ? { folder, path, lock, json, manifest, write: opened?.write ?? null } : null;
}

function jsonOf(text: string | null): Json | null {
  try {
    return text === null ? null : asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

const entriesOf = ({ entries }: NpmLock, { each }: Group): LockEntry[] =>
  [...entries.values()].filter((entry) => entry.name === each.name && entry.version === each.version);

async function planInLock(group: Group, context: PlanContext, place: Place, entries: LockEntry[]): Promise<Planned> {
  const { each, ids } = group;
  const bundled = entries.find((entry) => entry.bundled);
  const answer = context.registries && (await readNpmPackage(context.registries, each.name));
  const found = answer?.status === 'found' ? answer.value : null;
  const published = found?.versions ?? null;
  const dependents = entries.flatMap((entry) => dependentsOf(place.lock, entry));
  const parents = dependents.filter(({ entry }) => !isProject(entry));
  const free = chooseVersion(each, ids, context.store, { published });
  const direct = dependents.some(({ entry }) => isProject(entry));
  const override = (version: string) =>
    direct ? [install(each.name, version)] : [overrideOf(each.name, version), 'npm install'];
  if (bundled) {
    const holder = place.lock.entries.get(bundled.location.slice(0, bundled.location.lastIndexOf('/node_modules/')));
    const by = holder ? `${holder.name} ${holder.version}` : 'another package';
    const detail = `${by} brings it inside its own archive; a newer version of that package has to bring a newer one`;
    return { upgrades: [], left: ids.map((id) => leftOf(group, id, place.path, 'bundled', detail)) };
  }
  const bound = chooseVersion(each, ids, context.store, {
    published,
    allowed: (version) => parents.every(({ range }) => takes(range, version)),
  });
  const planned: Planned = { upgrades: [], left: [] };
  if (bound.near) {
    const reason = !context.registries
      ? OFFLINE
      : answer?.status === 'unreachable'
        ? answer.detail
        : found === null
          ? 'the registry does not have this package'
          : await patchLock(group, context, place, entries, dependents, bound.near, found);
    planned.upgrades.push(upgradeOf(group, place, bound.near, direct, reason));
  }
  for (const left of ids.filter((id) => !bound.near?.clears.includes(id))) {
    const choice = free.near?.clears.includes(left) ? free.near : free.far?.clears.includes(left) ? free.far : null;
    const blocking = choice ? parents.filter(({ range }) => !takes(range, choice.version)) : [];
    const offered = choice && { version: choice.version, commands: override(choice.version) };
    if (!choice) planned.left.push(leftOf(group, left, place.path, 'no-fix', 'no version without it is known'));
    else if (blocking.length > 0)
      planned.left.push(
        leftOf(
          group,
          left,
          place.path,
          'parent-range',
          await blockedBy(group, left, context, blocking, published),
          offered,
        ),
      );
    else {
      const detail = `the smallest version without it is ${choice.version}, of another major`;
      planned.left.push(leftOf(group, left, place.path, 'other-major', detail, offered));
    }
  }
  return planned;
}

type Outcome = { files: string[] } | string;

function upgradeOf(
  group: Group,
  place: Place,
  choice: Choice,
  direct: boolean,
  outcome: Outcome,
): Planned['upgrades'][0] {
  const { name } = group.each;
  const commands = [direct ? install(name, choice.version) : commandOf('npm', 'update', name)];
  if (typeof outcome === 'string')
    return byCommand(group, place.path, choice, commands, [`the lock file is not changed here: ${outcome}`], direct);
  const upgrade = byCommand(group, place.path, choice, commands, [], direct);
  return { ...upgrade, change: 'patch', files: outcome.files, notes: remainingNote(choice) };
}

/** @returns the files that were changed, or why none was */
async function patchLock(
  group: Group,
  context: PlanContext,
  place: Place,
  entries: LockEntry[],
  dependents: Dependent[],
  { version }: Choice,
  found: NpmPackage,
): Promise<Outcome> {
  if (!place.write) return 'it is not written as npm writes it';
  const manifest = found.manifest(version);
  if (!manifest) return `the registry says nothing of ${version} that can be checked`;
  for (const entry of entries) {
    const unmet = unmetNeeds(place.lock, entry, manifest);
    if (unmet.length > 0) return `${version} needs ${unmet.slice(0, 5).join(', ')}, which the lock file does not have`;
  }
  const json = structuredClone(place.json);
  const orphans = unreachable(place.lock);
  const manifests = new Map<string, string>();
  for (const { entry, range } of dependents) {
    if (!isProject(entry) || takes(range, version)) continue;
    const path = inFolder(place.folder, inFolder(entry.location, 'package.json'));
    const text = manifests.get(path) ?? (await context.files.read(path));
    const next = rangeFor(range, version);
    const changed = text === null || next === null ? null : withRange(text, keyOf(entries, entry), range, next);
    if (changed === null || next === null) return `${path} asks for ${range}, which does not take ${version}`;
    manifests.set(path, changed);
    const own = asObject(asObject(json['packages'])[entry.location]);
    for (const kind of Object.values(own))
      if (asObject(kind)[keyOf(entries, entry)] === range)
        (kind as Record<string, unknown>)[keyOf(entries, entry)] = next;
  }
  if (!entries.every((entry) => editLock(json, entry.location, manifest))) return 'the registry gives no hash of it';
  const root = manifests.get(inFolder(place.folder, 'package.json'));
  dropOrphans(json, orphans, root === undefined ? place.manifest : jsonOf(root));
  for (const [path, text] of manifests) context.files.change(path, text);
  context.files.change(place.path, place.write(json));
  return { files: [place.path, ...manifests.keys()].sort() };
}

/** The name by which it is asked for, which an alias makes another than the package's own. */
function keyOf(entries: LockEntry[], dependent: LockEntry): string {
  const names = entries.map(({ location }) => location.slice(location.lastIndexOf('node_modules/') + 13));
  return names.find((name) => dependent.needs.has(name)) ?? names[0] ?? '';
}

/** Changes the one place of a manifest that asks for the package; null where there are several or none. */
function withRange(text: string, name: string, range: string, next: string): string | null {
  const before = new RegExp(`${literal(JSON.stringify(name))}(\\s*:\\s*)${literal(JSON.stringify(range))}`, 'g');
  if (text.match(before)?.length !== 1) return null;
  return text.replace(before, (_all, colon: string) => `${JSON.stringify(name)}${colon}${JSON.stringify(next)}`);
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const install = (name: string, version: string): string => commandOf('npm', 'install', `${name}@${version}`);
const overrideOf = (name: string, version: string): string =>
  commandOf('npm', 'pkg', 'set', `overrides[${name}]=${version}`);

/** Names who holds it back, and the smallest version of each that does not, where the registry knows one. */
async function blockedBy(
  { each }: Group,
  id: string,
  context: PlanContext,
  parents: Dependent[],
  published: readonly string[] | null,
): Promise<string> {
  // Of a range npm installs the newest version that it takes.
  const isFree = (range: string) => {
    const newest = (published ?? [])
      .filter((one) => takes(range, one))
      .sort(bySemver)
      .at(-1);
    return newest !== undefined && !affectedIds(each, newest, context.store).has(id);
  };
  const told = new Set<string>();
  for (const { entry, range } of parents.slice(0, 5)) {
    const free = await freeParent(context, entry, each.name, isFree);
    const major = free !== null && free.split('.')[0] !== entry.version.split('.')[0] ? ', another major,' : '';
    const more = free === null ? '' : `; ${entry.name} ${free}${major} needs none with it`;
    told.add(`${entry.name} ${entry.version} takes ${range} only${more}`);
  }
  return `${[...told].join('; ')}. Without that only an override helps`;
}

async function freeParent(
  context: PlanContext,
  entry: LockEntry,
  name: string,
  isFree: (range: string) => boolean,
): Promise<string | null> {
  const answer = context.registries && (await readNpmPackage(context.registries, entry.name));
  if (answer?.status !== 'found') return null;
  const { versions, manifest } = answer.value;
  const later = versions.filter((one) => !one.includes('-') && bySemver(one, entry.version) > 0).sort(bySemver);
  for (const one of later.slice(0, 500)) {
    const needs = manifest(one);
    const range = needs?.dependencies?.[name] ?? needs?.optionalDependencies?.[name];
    // A version that does not need it at all is free of it too.
    if (needs && (range === undefined || isFree(range))) return one;
  }
  return null;
}
