/** Plans the change of one package of Python: pins with their hashes in place, else by the tool that wrote the lock. */
import { pypiName } from '../../catalogers/purl.ts';
import { asObject, asText, readToml } from '../../catalogers/text.ts';
import { type Choice, chooseVersion } from '../choose-version.ts';
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
  restOf,
} from '../group.ts';
import { folderOf, inFolder } from '../project-files.ts';
import { type Pins, readPipfilePins, readRequirementPins } from './edit-pins.ts';
import { type IndexProject, readIndexProject, readNeeds } from './project-index.ts';
import { parseRequirement, satisfies } from './specifier.ts';

const REQUIREMENTS = /requirements[\w.-]*\.txt$|(?:^|\/)requirements\/[\w.-]+\.txt$/;
const PIPFILE = /(?:^|\/)Pipfile\.lock$/;
/** Tools whose lock files are signed over as a whole, or hold what only they know. */
const TOOLS: readonly [RegExp, (name: string, version: string) => string][] = [
  [/(?:^|\/)poetry\.lock$/, (name) => commandOf('poetry', 'update', '--lock', name)],
  [/(?:^|\/)uv\.lock$/, (name, version) => commandOf('uv', 'lock', '--upgrade-package', `${name}==${version}`)],
  [/(?:^|\/)pdm\.lock$/, (name) => commandOf('pdm', 'update', '--no-sync', name)],
  [/(?:^|\/)pylock[^/]*\.toml$/, (name, version) => commandOf('pip', 'lock', `${name}==${version}`)],
];
/** Of how many other pins it is asked whether they take the new version. */
const MAX_PARENTS = 300;
const PARALLEL = 8;

export const planPython: Planner = async (group, context) => {
  const { each } = group;
  const planned: Planned = { upgrades: [], left: [] };
  const add = ({ upgrades, left }: Planned) => {
    planned.upgrades.push(...upgrades);
    planned.left.push(...left);
  };
  const project = await projectOf(context, each.name);
  const files = await pinningFiles(group, context);
  for (const { path, pins } of files) add(await planInPins(group, context, path, pins, project));
  if (files.length > 0) return planned;
  const { published } = project;
  for (const path of each.paths) {
    const tool = TOOLS.find(([pattern]) => pattern.test(path));
    const command = (version: string) => [
      tool ? tool[1](each.name, version) : commandOf('pip', 'install', `${each.name}==${version}`),
    ];
    const note = tool
      ? `${path} is written by its own tool alone`
      : 'no file that pins it was found; it is changed where the image is built from';
    add(planByCommand(group, context, path, command, [note], published));
    if (!tool) break; // the same package in several places comes from one installation
  }
  return planned;
};

type Known = { project: IndexProject | null; published: string[] | null; problem: string };

async function projectOf({ registries }: PlanContext, name: string): Promise<Known> {
  if (!registries) return { project: null, published: null, problem: OFFLINE };
  const answer = await readIndexProject(registries, name);
  if (answer.status === 'found') return { project: answer.value, published: answer.value.versions, problem: '' };
  const problem = answer.status === 'absent' ? 'the index does not have this project' : answer.detail;
  return { project: null, published: null, problem };
}

async function pinningFiles({ each }: Group, { files }: PlanContext): Promise<{ path: string; pins: Pins }[]> {
  const found: { path: string; pins: Pins }[] = [];
  for (const path of await files.list()) {
    if (!REQUIREMENTS.test(path) && !PIPFILE.test(path)) continue;
    const text = await files.read(path);
    const pins = text === null ? null : PIPFILE.test(path) ? readPipfilePins(text) : readRequirementPins(text);
    if (pins?.versions.get(pypiName(each.name)) === each.version) found.push({ path, pins });
  }
  return found;
}

type Parent = { name: string; version: string; specifier: string };

async function planInPins(
  group: Group,
  context: PlanContext,
  path: string,
  pins: Pins,
  { project, published, problem }: Known,
): Promise<Planned> {
  const { each, ids } = group;
  const command = (version: string) => [
    PIPFILE.test(path)
      ? commandOf('pipenv', 'upgrade', `${each.name}==${version}`)
      : commandOf('pip-compile', '--upgrade-package', `${each.name}==${version}`),
  ];
  const { parents, unknown } = await parentsOf(each.name, pins, context);
  const free = chooseVersion(each, ids, context.store, { published });
  const bound = chooseVersion(each, ids, context.store, {
    published,
    allowed: (version) => parents.every((parent) => satisfies(version, parent.specifier)),
  });
  const planned: Planned = { upgrades: [], left: [] };
  const notes = unknown > 0 ? [`of ${unknown} other pins it is not known which versions of it they take`] : [];
  if (bound.near)
    planned.upgrades.push(await change(group, context, path, pins, bound.near, project, problem, command, notes));
  const blocked = new Set<string>();
  for (const id of ids) {
    const choice = free.near?.clears.includes(id) ? free.near : free.far?.clears.includes(id) ? free.far : null;
    if (bound.near?.clears.includes(id) || !choice) continue;
    const by = parents.filter((parent) => !satisfies(choice.version, parent.specifier));
    if (by.length === 0) continue;
    blocked.add(id);
    const told = by.slice(0, 5).map((one) => `${one.name} ${one.version} takes ${one.specifier} only`);
    const offered = { version: choice.version, commands: command(choice.version) };
    planned.left.push(leftOf(group, id, path, 'parent-range', told.join('; '), offered));
  }
  planned.left.push(
    ...restOf(group, path, { ...free, near: bound.near }, command).filter(({ id }) => !blocked.has(id)),
  );
  return planned;
}

async function change(
  group: Group,
  context: PlanContext,
  path: string,
  pins: Pins,
  choice: Choice,
  project: IndexProject | null,
  problem: string,
  command: (version: string) => string[],
  notes: string[],
) {
  const { each } = group;
  const { version } = choice;
  const failed = (why: string) =>
    byCommand(group, path, choice, command(version), [`the file is not changed here: ${why}`, ...notes]);
  const hashed = pins.hashed(each.name);
  if (!project && hashed) return failed(problem);
  const files = project?.filesOf(version) ?? [];
  const hashes = files.flatMap(({ hashes: { sha256 } }) => sha256 ?? []);
  if (hashed && (hashes.length === 0 || hashes.length < files.length)) return failed('the index gives no hashes of it');
  const unmet = project ? await unmetNeeds(each.name, each.version, version, project, pins, context) : [];
  if (unmet === null) notes.push('what the new version needs was not checked');
  else if (unmet.length > 0) return failed(`${version} needs ${unmet.slice(0, 5).join(', ')}, which is not pinned so`);
  const asked = PIPFILE.test(path) ? await askedByPipfile(context, folderOf(path), each.name) : null;
  if (asked !== null && !satisfies(version, asked)) return failed(`Pipfile asks for ${asked}`);
  const text = pins.change(each.name, version, hashes);
  if (text === null) return failed('it is pinned several times there');
  context.files.change(path, text);
  const upgrade = byCommand(group, path, choice, command(version), []);
  const offline = project ? [] : [`what other packages take was not checked: ${problem}`];
  return {
    ...upgrade,
    change: 'patch' as const,
    files: [path],
    notes: [...offline, ...notes, ...remainingNote(choice)],
  };
}

/** Which other pins need the package, and in which versions; `unknown` counts those of which the index does not say. */
async function parentsOf(name: string, pins: Pins, { registries }: PlanContext) {
  const parents: Parent[] = [];
  let unknown = 0;
  const others = [...pins.versions].filter(([other]) => other !== pypiName(name));
  if (!registries) return { parents, unknown: others.length };
  const queue = others.slice(0, MAX_PARENTS);
  unknown += others.length - queue.length;
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [other, version] = next;
      const project = await readIndexProject(registries, other);
      const needs = project.status === 'found' ? await readNeeds(registries, project.value.filesOf(version)) : project;
      if (needs.status !== 'found') unknown += 1;
      else
        for (const { specifier } of requirementsOf(needs.value, name))
          parents.push({ name: other, version, specifier });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  parents.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { parents, unknown };
}

/** What only an extra needs is nobody's need here. */
function requirementsOf(lines: readonly string[], name?: string) {
  return lines
    .map(parseRequirement)
    .filter((one) => one !== null)
    .filter((one) => !/\bextra\s*==/.test(one.marker) && (name === undefined || one.name === pypiName(name)));
}

/** Null where nobody says. Needs that the old version had too, and that are not pinned, are none on this platform. */
async function unmetNeeds(
  name: string,
  from: string,
  to: string,
  project: IndexProject,
  pins: Pins,
  { registries }: PlanContext,
): Promise<string[] | null> {
  if (!registries) return null;
  const now = await readNeeds(registries, project.filesOf(to));
  if (now.status !== 'found') return null;
  const before = await readNeeds(registries, project.filesOf(from));
  const had = new Set(before.status === 'found' ? requirementsOf(before.value).map((one) => one.name) : []);
  return requirementsOf(now.value)
    .filter((need) => {
      const pinned = pins.versions.get(need.name);
      return pinned === undefined
        ? !had.has(need.name) && need.name !== pypiName(name)
        : !satisfies(pinned, need.specifier);
    })
    .map((need) => `${need.name}${need.specifier}`);
}

/** Null where Pipfile says nothing of it, or takes any version. */
async function askedByPipfile(context: PlanContext, folder: string, name: string): Promise<string | null> {
  const text = await context.files.read(inFolder(folder, 'Pipfile'));
  if (text === null) return null;
  const file = asObject(readToml(Buffer.from(text)));
  for (const group of ['packages', 'dev-packages'])
    for (const [own, value] of Object.entries(asObject(file[group]))) {
      const range = asText(value) ?? asText(asObject(value)['version']);
      if (pypiName(own) === pypiName(name) && range !== undefined && range !== '*') return range;
    }
  return null;
}
