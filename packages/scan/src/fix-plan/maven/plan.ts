/** Plans the change of one artifact of Maven: the element or property of a pom.xml, else what to write where. */
import { compareVersions, isVersion } from '../../versions/compare.ts';
import { affectedIds, type Choice, chooseVersion } from '../choose-version.ts';
import {
  byCommand,
  commandOf,
  type Group,
  leftOf,
  type PlanContext,
  type Planned,
  type Planner,
  remainingNote,
  restOf,
} from '../group.ts';
import { type PomDependency, readPomDependencies } from './pom-places.ts';

/** Written for people who have the source: Maven itself changes no file. */
const commands = (name: string) => (version: string) => [
  commandOf('mvn', 'versions:use-dep-version', `-Dincludes=${name}`, `-DdepVersion=${version}`, '-DforceVersion=true'),
];

export const planMaven: Planner = async (group, context) => {
  const { each, ids } = group;
  const choices = chooseVersion(each, ids, context.store);
  const planned: Planned = { upgrades: [], left: [] };
  const poms = await pomsWith(group, context);
  for (const { path, dependency } of poms) {
    planned.left.push(...restOf(group, path, choices, commands(each.name)));
    if (!choices.near) continue;
    const text = (await context.files.read(path)) ?? '';
    // Read anew: an earlier change may have moved it, or raised the property that it shares.
    const all = readPomDependencies(text);
    const now = all.find((one) => one.name === dependency.name && one.managed === dependency.managed);
    const { version } = choices.near;
    const upgrade = byCommand(group, path, choices.near, commands(each.name)(version), [], true);
    if (!now?.at || now.version === null) {
      planned.upgrades.push(upgrade);
      continue;
    }
    if (now.version !== each.version && isEnough(group, context, now.version, choices.near)) {
      const raised = { ...upgrade, to: now.version, notes: ['another change of the patch raises it'] };
      planned.upgrades.push({ ...raised, change: 'patch', files: [path] });
      continue;
    }
    context.files.change(path, text.slice(0, now.at.from) + version + text.slice(now.at.to));
    planned.upgrades.push({
      ...upgrade,
      change: 'patch',
      files: [path],
      notes: [...sharedNote(all, dependency), ...remainingNote(choices.near)],
    });
  }
  if (poms.length > 0) return planned;
  for (const path of each.paths) {
    const jar = /^(.*?\.(?:jar|war|ear|par|sar|jpi|hpi|nar|kar|lpkg))!\//i.exec(path)?.[1];
    const inner = path.slice((jar ?? '').length);
    if (jar !== undefined && /META-INF\/maven\//.test(inner.replace(/^.*!\//, ''))) {
      const detail = `its classes are part of ${path.replace(/!\/META-INF\/.*$/, '')}: that has to be built with a newer one`;
      const offered = choices.near ?? choices.far;
      for (const id of ids)
        planned.left.push(
          leftOf(
            group,
            id,
            path,
            'shaded',
            detail,
            offered?.clears.includes(id)
              ? { version: offered.version, commands: commands(each.name)(offered.version) }
              : null,
          ),
        );
      continue;
    }
    const note =
      jar === undefined
        ? `no pom.xml beside ${path} names it; change the version where it is taken from`
        : `it lies in ${jar}: name the version in dependencyManagement of the project that ${jar} is built from`;
    planned.left.push(...restOf(group, path, choices, commands(each.name)));
    if (choices.near)
      planned.upgrades.push(byCommand(group, path, choices.near, commands(each.name)(choices.near.version), [note]));
  }
  return planned;
};

async function pomsWith(
  { each }: Group,
  { files }: PlanContext,
): Promise<{ path: string; dependency: PomDependency }[]> {
  const found: { path: string; dependency: PomDependency }[] = [];
  for (const path of await files.list()) {
    const text = /(?:^|\/)pom\.xml$/.test(path) ? await files.original(path) : null;
    if (text === null) continue;
    const named = readPomDependencies(text).filter((one) => one.name === each.name);
    const dependency = named.find((one) => one.version === each.version && one.at !== null);
    if (dependency) found.push({ path, dependency });
  }
  return found;
}

function isEnough({ each }: Group, { store }: PlanContext, now: string, { version, clears }: Choice): boolean {
  if (!isVersion('maven', now) || compareVersions('maven', now, version) < 0) return false;
  const affected = affectedIds(each, now, store);
  return clears.every((id) => !affected.has(id));
}

function sharedNote(all: readonly PomDependency[], { name, property }: PomDependency): string[] {
  if (property === null) return [];
  const others = new Set(all.filter((one) => one.property === property && one.name !== name).map((one) => one.name));
  return others.size === 0
    ? []
    : [`the property ${property} raises ${[...others].slice(0, 10).join(', ')} too; see that they have this version`];
}
