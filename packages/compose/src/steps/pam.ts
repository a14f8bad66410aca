/** pam-auth-update: the common-* stacks of PAM out of the profiles that packages bring (pam-auth-update(8)). */

import { parseStanza, type Stanza } from '../control/stanza.ts';
import { inMemory } from '../files/content.ts';
import type { World } from '../install/world.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';

type Profile = { name: string; priority: number; fields: Stanza };

const TYPES = ['account', 'auth', 'password', 'session', 'session-noninteractive'] as const;
const PROFILES = '/usr/share/pam-configs';
const STATE = '/var/lib/pam';

export const pamSteps: Record<string, Step> = { 'pam-auth-update': { step: 'pam', run: update } };

function update({ args, world }: Call): number {
  const known = new Set(['--package', '--force']);
  const rest = args.filter((arg) => !known.has(arg));
  if (rest.length > 0 && !(rest[0] === '--root' && (rest[1] === '' || rest[1] === '/'))) {
    throw new NotCovered(`pam-auth-update ${args.join(' ')}`);
  }
  const profiles = readProfiles(world);
  const enabled = profiles.filter((profile) => profile.fields.get('default') === 'yes');
  if (enabled.length === 0) return 0;
  for (const type of TYPES) writeStack(world, type, enabled);
  world.tree.write(`${STATE}/seen`, inMemory(profiles.map((profile) => `${profile.name}\n`).join('')));
  return 0;
}

function readProfiles(world: World): Profile[] {
  const folder = world.tree.find(PROFILES);
  if (folder?.kind !== 'directory') return [];
  const profiles = [...folder.entries.keys()]
    .filter((name) => /^[\w.+-]+$/.test(name) && !name.includes('.dpkg-'))
    .map((name): Profile => {
      const fields = parseStanza(`${world.tree.readText(`${PROFILES}/${name}`) ?? ''}`, `${PROFILES}/${name}`);
      return { name, priority: Number(fields.get('priority') ?? 0), fields };
    });
  return profiles.sort((a, b) => b.priority - a.priority || (a.name < b.name ? 1 : -1));
}

function writeStack(world: World, type: (typeof TYPES)[number], enabled: Profile[]): void {
  const template = world.tree.readText(`/usr/share/pam/common-${type}`);
  if (template === null) return;
  const field = type === 'session-noninteractive' ? 'session' : type;
  const used = enabled.filter(
    ({ fields }) => !(type === 'session-noninteractive' && fields.get('session-interactive-only') === 'yes'),
  );
  const state: string[] = [];
  const block = (kind: 'Primary' | 'Additional'): string => {
    const members = used.filter(
      ({ fields }) =>
        (fields.get(`${field}-type`) ?? '') === kind && (fields.has(field) || fields.has(`${field}-initial`)),
    );
    const flat: string[] = [];
    for (const [index, profile] of members.entries()) {
      const own = (index === 0 ? profile.fields.get(`${field}-initial`) : undefined) ?? profile.fields.get(field) ?? '';
      const lines = own
        .split('\n')
        .map((line) => line.trimStart())
        .filter(Boolean);
      state.push(`Module: ${profile.name}`, ...lines);
      flat.push(...lines);
    }
    if (kind === 'Primary' && flat.length === 0) {
      flat.push('[default=1]\t\t\tpam_permit.so');
      state.push('Module: null', ...flat);
    }
    // `end` jumps over the rest of the block: over the lines that follow, and the fallback that denies.
    // A module without options is followed by a blank, as pam-auth-update itself writes it.
    return flat
      .map(
        (line, index) =>
          `${field}\t${line.replace(/=end\b/g, `=${flat.length - index}`)}${/^(?!\[default=1\]).*\.so$/.test(line) ? ' ' : ''}\n`,
      )
      .join('');
  };
  const primary = block('Primary');
  const additional = block('Additional');
  const text = template
    .replace(/^\$[a-z_]+_primary\n/m, () => primary)
    .replace(/^\$[a-z_]+_additional\n/m, () => additional);
  world.tree.write(`/etc/pam.d/common-${type}`, inMemory(text));
  world.tree.write(`${STATE}/${type}`, inMemory(state.map((line) => `${line}\n`).join('')));
}
