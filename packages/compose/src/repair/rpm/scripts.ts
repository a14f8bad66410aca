/** Scriptlets and triggers of rpm's packages, as scripts that can be run: interpreter, body, arguments, input. */
import type { ControlFile } from '../../install/world.ts';
import { type RpmHeader, TAG } from './header.ts';
import { dependenciesOf } from './package.ts';
import { type Dependency, relationOf } from './relations.ts';

/** Numbers of the tags of body and interpreter. */
const SCRIPTS = {
  pretrans: [1151, 1153],
  pre: [1023, 1085],
  post: [1024, 1086],
  preun: [1025, 1087],
  postun: [1026, 1088],
  posttrans: [1152, 1154],
} as const;
export type ScriptKind = keyof typeof SCRIPTS;

export type RpmScript = { name: string; file: ControlFile; interpreter: string; body: string };

export function scriptOf(header: RpmHeader, kind: ScriptKind): RpmScript | null {
  const [bodyTag, interpreterTag] = SCRIPTS[kind];
  if (!header.has(bodyTag) && !header.has(interpreterTag)) return null;
  return makeScript(
    kind,
    header.strings(interpreterTag),
    header.text(bodyTag) ?? '',
    header.number(TAG.buildTime) ?? 0,
  );
}

/** A scriptlet without a body is the program that it names. */
function makeScript(name: string, interpreter: readonly string[], body: string, mtime: number): RpmScript {
  const program = interpreter.join(' ') || '/bin/sh';
  const text = body === '' && !/\/(ba|da)?sh$/.test(program) ? `#!/bin/sh\n${program}\n` : `#!${program}\n${body}\n`;
  return {
    name,
    interpreter: interpreter[0] ?? '/bin/sh',
    body,
    file: { name, bytes: Buffer.from(text, 'latin1'), mode: 0o755, mtime },
  };
}

export type Moment = 'in' | 'un' | 'postun' | 'prein';
const MOMENTS: Record<Moment, number> = { in: 1 << 16, un: 1 << 17, postun: 1 << 18, prein: 1 << 25 };

export type Trigger = { script: RpmScript; moments: number; target: Dependency; priority: number };
export const isAt = ({ moments }: Trigger, moment: Moment): boolean => (moments & MOMENTS[moment]) !== 0;
export const isFor = ({ target }: Trigger, unit: { name: string; version: string }): boolean =>
  target.name === unit.name && relationOf(target).admits(unit);

/** Triggers that packages set off. */
export const triggersOf = (header: RpmHeader): Trigger[] =>
  triggers(
    header,
    'trigger',
    [TAG.triggerName, TAG.triggerFlags, TAG.triggerVersion],
    [1065, 1092, TAG.triggerIndex, 0],
  );

/** Triggers that files below a path set off, package by package or once for all. */
export const fileTriggersOf = (header: RpmHeader): Trigger[] =>
  triggers(header, 'filetrigger', [TAG.fileTriggerName, 5072, 5071], [5066, 5067, 5070, 5084]);
export const transactionTriggersOf = (header: RpmHeader): Trigger[] =>
  triggers(header, 'transfiletrigger', [TAG.transFileTriggerName, 5082, 5081], [5076, 5077, 5080, 5085]);

function triggers(
  header: RpmHeader,
  name: string,
  [names, flags, versions]: readonly [number, number, number],
  [bodies, interpreters, indexes, priorities]: readonly [number, number, number, number],
): Trigger[] {
  const [all, index, text, program] = [
    header.numbers(flags),
    header.numbers(indexes),
    header.strings(bodies),
    header.strings(interpreters),
  ];
  const priority = priorities === 0 ? [] : header.numbers(priorities);
  return dependenciesOf(header, names, flags, versions).map((target, at) => {
    const of = index[at] ?? 0;
    const called = `${name} ${target.name.slice(0, 200)}`;
    const built = header.number(TAG.buildTime) ?? 0;
    const script = makeScript(called, [program[of] ?? '/bin/sh'], text[of] ?? '', built);
    return { script, moments: all[at] ?? 0, target, priority: priority[of] ?? 0 };
  });
}
