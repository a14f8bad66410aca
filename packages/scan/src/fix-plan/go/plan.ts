/** Plans the change of one Go module: go.mod and go.sum in place, else by command. */
import { compareVersions } from '../../versions/compare.ts';
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
  restOf,
} from '../group.ts';
import { folderOf, inFolder } from '../project-files.ts';
import { readRequires, withGoVersion, withRequirement, withSums } from './go-mod.ts';
import { readVersions } from './module-proxy.ts';
import { selectVersions } from './select-versions.ts';

const commands = (name: string, vendored: boolean) => (version: string) => [
  commandOf('go', 'get', `${name}@${version}`),
  'go mod tidy',
  ...(vendored ? ['go mod vendor'] : []),
];

export const planGo: Planner = async (group, context) => {
  const { each, ids } = group;
  const [path = ''] = each.paths;
  if (each.name === 'stdlib')
    return planByCommand(group, context, path, () => [], [
      `it comes with Go itself: build ${path} with that version of Go`,
    ]);
  const answer = context.registries && (await readVersions(context.registries, each.name));
  const published = answer?.status === 'found' && answer.value.length > 0 ? answer.value : null;
  const mods: string[] = [];
  for (const one of await context.files.list()) {
    const text = /(?:^|\/)go\.mod$/.test(one) ? await context.files.original(one) : null;
    if (text !== null && readRequires(text).requires.get(each.name)?.version === each.version) mods.push(one);
  }
  const choices = withV(chooseVersion(each, ids, context.store, { published }));
  const planned: Planned = { upgrades: [], left: [] };
  for (const mod of mods) {
    const folder = folderOf(mod);
    const vendored = each.paths.some((one) => one === inFolder(folder, 'vendor/modules.txt'));
    const text = (await context.files.read(mod)) ?? '';
    if (readRequires(text).replaced.has(each.name)) {
      const detail = `${mod} replaces it by another module`;
      planned.left.push(...ids.map((id) => leftOf(group, id, mod, 'managed-elsewhere', detail)));
      continue;
    }
    planned.left.push(...restOf(group, mod, choices, commands(each.name, vendored)));
    if (!choices.near) continue;
    const now = readRequires(text).requires.get(each.name);
    if (now && isRaisedEnough(group, context, now.version, choices.near)) {
      const raised = { ...choices.near, version: now.version };
      const upgrade = byCommand(group, mod, raised, [], ['another change of the patch raises it'], !now.indirect);
      planned.upgrades.push({ ...upgrade, change: 'patch', files: [mod, inFolder(folder, 'go.sum')] });
      continue;
    }
    const failed = vendored
      ? 'the modules are copied into vendor/'
      : !context.registries
        ? OFFLINE
        : await patchMod(group, context, mod, choices.near);
    const direct = readRequires(text).requires.get(each.name)?.indirect === false;
    planned.upgrades.push(
      typeof failed === 'string'
        ? byCommand(
            group,
            mod,
            choices.near,
            commands(each.name, vendored)(choices.near.version),
            [`go.mod is not changed here: ${failed}`],
            direct,
          )
        : {
            ...byCommand(group, mod, choices.near, commands(each.name, false)(choices.near.version), [], direct),
            change: 'patch',
            ...failed,
            notes: [...failed.notes, ...remainingNote(choices.near)],
          },
    );
  }
  if (mods.length > 0) return planned;
  const note = `it is built into ${path}: change go.mod of its source and build it again`;
  const near = choices.near;
  return {
    upgrades: near ? [byCommand(group, path, near, commands(each.name, false)(near.version), [note])] : [],
    left: restOf(group, path, choices, commands(each.name, false)),
  };
};

/** What another module needs may have raised it far enough. */
function isRaisedEnough({ each }: Group, { store }: PlanContext, now: string, { version, clears }: Choice): boolean {
  if (now === each.version || compareVersions('golang', now, version) < 0) return false;
  const affected = affectedIds(each, now, store);
  return clears.every((id) => !affected.has(id));
}

/** Advisories write `0.3.8`, go.mod `v0.3.8`. */
function withV({ near, far }: ReturnType<typeof chooseVersion>): ReturnType<typeof chooseVersion> {
  const written = (choice: Choice | null) =>
    choice && { ...choice, version: choice.version.startsWith('v') ? choice.version : `v${choice.version}` };
  return { near: written(near), far: written(far) };
}

async function patchMod(
  { each }: Group,
  context: PlanContext,
  path: string,
  { version }: Choice,
): Promise<{ files: string[]; notes: string[] } | string> {
  const sumPath = inFolder(folderOf(path), 'go.sum');
  const [text, sums] = [await context.files.read(path), await context.files.read(sumPath)];
  if (text === null || !context.registries) return 'it cannot be read';
  const main = readRequires(text);
  const selected = await selectVersions(main, each.name, version, context.registries);
  if (typeof selected === 'string') return selected;
  const { go } = selected;
  if (go !== null && main.toolchain !== null && compareVersions('golang', main.toolchain, go) < 0)
    return `it needs Go ${go}, and go.mod names the toolchain ${main.toolchain}`;
  let changed: string | null = go === null ? text : withGoVersion(text, go);
  const dropped: string[] = [];
  for (const [name, to] of selected.raised) {
    const from = main.requires.get(name)?.version ?? '';
    changed = changed && withRequirement(changed, name, from, to);
    dropped.push(`${name} ${from}`);
  }
  if (changed === null) return 'it says the same thing several times';
  context.files.change(path, changed);
  context.files.change(sumPath, withSums(sums ?? '', selected.sums, dropped));
  const others = [...selected.raised].filter(([name]) => name !== each.name).map(([name, to]) => `${name} ${to}`);
  return {
    files: [path, sumPath],
    notes: [
      ...(others.length > 0 ? [`${version} needs ${others.join(', ')} too`] : []),
      ...(go === null ? [] : [`${version} needs Go ${go}: the go line is raised from ${main.go}`]),
    ],
  };
}
