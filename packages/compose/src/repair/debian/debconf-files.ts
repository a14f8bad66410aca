/** debconf's database in an image: read so that scripts get the answers it holds, written only where they changed any. */
import { parseStanzas, type Stanza } from '../../control/stanza.ts';
import { ComposeError } from '../../error.ts';
import { inMemory } from '../../files/content.ts';
import type { Question } from '../../install/debconf.ts';
import type { World } from '../../install/world.ts';

const FOLDER = '/var/cache/debconf';
const MAX_STANZAS = 100_000;

/** Each question as it was read, to tell later what changed. */
export type LoadedDebconf = Map<string, string>;

/** Null where the image has no such database, or one that cannot be read: nothing is written then. */
export function loadDebconf(world: World): LoadedDebconf | null {
  const config = world.tree.readText(`${FOLDER}/config.dat`);
  const templates = world.tree.readText(`${FOLDER}/templates.dat`);
  if (config === null || templates === null) return null;
  try {
    for (const fields of parseStanzas(templates, `${FOLDER}/templates.dat`, MAX_STANZAS)) {
      const name = fields.get('name');
      if (name) world.debconf.templates.set(name, { fields: templateOf(name, fields), owners: new Set() });
    }
    for (const fields of parseStanzas(config, `${FOLDER}/config.dat`, MAX_STANZAS)) {
      const name = fields.get('name');
      if (name) world.debconf.questions.set(name, questionOf(name, fields));
    }
  } catch (error) {
    if (error instanceof ComposeError) return null;
    throw error;
  }
  return new Map([...world.debconf.questions].map(([name, question]) => [name, describe(name, question)]));
}

function templateOf(name: string, fields: Stanza): Stanza {
  const template = new Map(fields);
  template.delete('name');
  template.set('template', name);
  return template;
}

function questionOf(name: string, fields: Stanza): Question {
  const list = (key: string): string[] => (fields.get(key) ?? '').split(/,\s*/).filter(Boolean);
  const variables = (fields.get('variables') ?? '')
    .split('\n')
    .map((line) => /^\s*(\S+) = (.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, key = '', value = '']): [string, string] => [key, value]);
  return {
    template: fields.get('template') ?? name,
    owners: new Set(list('owners')),
    value: fields.get('value') ?? null,
    flags: new Set(list('flags')),
    variables: new Map(variables),
  };
}

function describe(name: string, { template, value, owners, flags, variables }: Question): string {
  const lines = [`Name: ${name}`, `Template: ${template}`];
  if (value !== null) lines.push(`Value: ${value}`);
  lines.push(`Owners: ${[...owners].sort().join(', ')}`);
  if (flags.size > 0) lines.push(`Flags: ${[...flags].sort().join(', ')}`);
  if (variables.size > 0)
    lines.push(
      'Variables:',
      ...[...variables].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, text]) => ` ${key} = ${text}`),
    );
  return `${lines.join('\n')}\n`;
}

/** Replaces the stanzas of changed questions, appends new ones and their templates; everything else stays as it is. */
export function saveDebconf(world: World, before: LoadedDebconf): void {
  const changed = new Map<string, string>();
  for (const [name, question] of world.debconf.questions) {
    const now = describe(name, question);
    if (before.get(name) !== now) changed.set(name, now);
  }
  if (changed.size === 0) return;
  const path = `${FOLDER}/config.dat`;
  const stanzas = (world.tree.readText(path) ?? '').split(/\n\n+/).filter((text) => text.trim() !== '');
  const kept = stanzas.map((stanza) => {
    const name = /^Name: (.*)$/m.exec(stanza)?.[1] ?? '';
    const now = changed.get(name);
    changed.delete(name);
    return now === undefined ? `${stanza.replace(/\n+$/, '')}\n` : now;
  });
  world.tree.write(path, inMemory([...kept, ...changed.values()].map((stanza) => `${stanza}\n`).join('')));
  const known = world.tree.readText(`${FOLDER}/templates.dat`) ?? '';
  const names = new Set([...known.matchAll(/^Name: (.*)$/gm)].map(([, name]) => name));
  const fresh = [...changed.keys()].filter((name) => !names.has(world.debconf.questions.get(name)?.template ?? name));
  if (fresh.length === 0) return;
  const wanted = new Set(fresh.map((name) => world.debconf.questions.get(name)?.template ?? name));
  const written = world.debconf
    .format()
    .templates.split('\n\n')
    .filter((stanza) => {
      const name = /^Name: (.*)$/m.exec(stanza)?.[1];
      return name !== undefined && wanted.has(name);
    });
  world.tree.write(
    `${FOLDER}/templates.dat`,
    inMemory(`${known.replace(/\n*$/, '\n\n')}${written.map((stanza) => `${stanza}\n\n`).join('')}`),
  );
}
