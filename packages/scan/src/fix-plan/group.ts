/** What planners work on: one version of one package with its findings, and what they say of it. */
import type { FixLeft, FixLeftReason, FixUpgrade, Package } from '@pratique/contract';
import type { AdvisoryStore } from '../advisories/store.ts';
import { type Choice, type Choices, chooseVersion } from './choose-version.ts';
import type { ProjectFiles } from './project-files.ts';
import type { Registries } from './registries.ts';

export type Group = {
  each: Package;
  /** Ids of findings that affect it. */
  ids: readonly string[];
};

export type PlanContext = {
  store: AdvisoryStore;
  files: ProjectFiles;
  /** Null where nobody may be asked. */
  registries: Registries | null;
};

export type Planned = { upgrades: FixUpgrade[]; left: FixLeft[] };

/** Plans for the packages of one ecosystem. It changes `context.files` where it knows the whole truth of a change. */
export type Planner = (group: Group, context: PlanContext) => Promise<Planned>;

export const OFFLINE = 'the registry was not to be asked';

/** A word for a shell; names in lock files are a stranger's. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9@%+=:,./_^~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function commandOf(...words: string[]): string {
  return words.map(shellWord).join(' ');
}

export function leftOf(
  { each }: Group,
  id: string,
  path: string,
  reason: FixLeftReason,
  detail: string,
  offered: FixLeft['offered'] = null,
): FixLeft {
  return { id, type: each.type, package: each.name, version: each.version, path, reason, detail, offered };
}

/** Findings that a choice does not clear: the fix is in a later major, or nowhere. */
export function restOf(
  group: Group,
  path: string,
  { near, far }: Choices,
  commands: (version: string) => string[],
): FixLeft[] {
  return group.ids
    .filter((id) => !near?.clears.includes(id))
    .map((id) =>
      far?.clears.includes(id)
        ? leftOf(
            group,
            id,
            path,
            'other-major',
            `the smallest version without it is ${far.version}, of another major`,
            {
              version: far.version,
              commands: commands(far.version),
            },
          )
        : leftOf(group, id, path, 'no-fix', 'no version without it is known'),
    );
}

/** An upgrade that only the ecosystem's own tool can make. */
export function byCommand(
  { each }: Group,
  path: string,
  choice: Choice,
  commands: string[],
  notes: string[],
  direct: boolean | null = null,
): FixUpgrade {
  return {
    type: each.type,
    name: each.name,
    from: each.version,
    to: choice.version,
    path,
    direct,
    clears: choice.clears,
    change: 'command',
    files: [],
    commands,
    notes: [...notes, ...remainingNote(choice)],
  };
}

export function remainingNote({ version, remaining }: Choice): string[] {
  return remaining.length === 0 ? [] : [`${version} has still, or newly, ${remaining.slice(0, 10).join(', ')}`];
}

/** A plan in words and commands for a place of which no file can be changed. */
export function planByCommand(
  group: Group,
  context: PlanContext,
  path: string,
  commands: (version: string) => string[],
  notes: string[],
  published: readonly string[] | null = null,
): Planned {
  const choices = chooseVersion(group.each, group.ids, context.store, { published });
  const { near } = choices;
  return {
    upgrades: near ? [byCommand(group, path, near, commands(near.version), notes)] : [],
    left: restOf(group, path, choices, commands),
  };
}
