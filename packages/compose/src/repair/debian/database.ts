/** Reads dpkg's database out of an image's tree, in either of its forms, and writes it back with some packages changed. */
import type { Candidate } from '../../archive/packages.ts';
import { parseStanza } from '../../control/stanza.ts';
import { ComposeError } from '../../error.ts';
import { inMemory } from '../../files/content.ts';
import type { Tree } from '../../files/tree.ts';
import { ADMIN, KNOWN_FIELDS } from '../../install/database.ts';
import { readFields } from '../../install/install.ts';
import { type ControlFile, field, type Installed, infoName } from '../../install/world.ts';

/** A package that the image has. `key` tells packages of several architectures apart as dpkg does in file names. */
export type Present = {
  installed: Installed;
  /** Whether upgrades are refused (`hold`). */
  held: boolean;
  /** Why dpkg would not count it as installed and whole, or null. */
  damage: string | null;
  /** Where its stanza lies: the status file, or a file of its own. */
  file: string;
  /** The stanza byte for byte. */
  raw: string;
};

export type Database = { form: 'dpkg' | 'status.d'; present: Present[] };

const STATUS = `${ADMIN}/status`;
const STATUS_D = `${ADMIN}/status.d`;
const MAX_PACKAGES = 50_000;
const MAX_STATUS = 256 * 1024 * 1024;

/**
 * Both forms, the status file first: distroless images keep a file for each package in `status.d`.
 *
 * @returns null where the image has no database of dpkg
 * @throws ComposeError `database-invalid`, naming the file and what is wrong in it
 */
export function readDatabase(tree: Tree): Database | null {
  const status = readRegular(tree, STATUS);
  if (status !== null && status.trim() !== '') {
    const control = controlFiles(tree);
    return { form: 'dpkg', present: readStanzas(status, STATUS).map((raw) => presentOf(raw, STATUS, tree, control)) };
  }
  const folder = tree.find(STATUS_D);
  if (folder?.kind !== 'directory') return null;
  const present: Present[] = [];
  for (const name of [...folder.entries.keys()].sort()) {
    if (name.endsWith('.md5sums')) continue;
    const path = `${STATUS_D}/${name}`;
    const text = readRegular(tree, path);
    if (text === null) continue;
    const [raw, second] = readStanzas(text, path);
    if (raw === undefined || second !== undefined)
      throw new ComposeError('database-invalid', `${path} must hold exactly one package`);
    present.push(presentOf(raw, path, tree, null));
  }
  return present.length === 0 ? null : { form: 'status.d', present };
}

/** A file of the database itself, never what a link leads to. */
function readRegular(tree: Tree, path: string): string | null {
  const node = tree.lfind(path);
  if (!node) return null;
  if (node.kind !== 'file') throw new ComposeError('database-invalid', `${path} is a ${node.kind}, not a file`);
  if (node.content.size > MAX_STATUS)
    throw new ComposeError('database-invalid', `${path} has ${node.content.size} bytes`);
  return node.content.read().toString('latin1');
}

function readStanzas(text: string, path: string): string[] {
  const stanzas = text
    .split(/\n(?:[ \t]*\n)+/)
    .map((raw) => raw.replace(/^\n+|\n+$/g, ''))
    .filter((raw) => raw.trim() !== '');
  if (stanzas.length > MAX_PACKAGES)
    throw new ComposeError('database-invalid', `${path} lists more than ${MAX_PACKAGES} packages`);
  return stanzas;
}

type ControlFiles = Map<string, Map<string, ControlFile>>;

function presentOf(raw: string, file: string, tree: Tree, control: ControlFiles | null): Present {
  let stanza: ReturnType<typeof parseStanza>;
  try {
    stanza = parseStanza(raw, file);
  } catch (cause) {
    throw new ComposeError('database-invalid', cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const value = (name: string): string => {
    const text = stanza.get(name);
    if (!text)
      throw new ComposeError(
        'database-invalid',
        `${file}: a package without ${name}: ${raw.slice(0, 80).split('\n')[0]}`,
      );
    return text;
  };
  const name = value('package');
  if (!/^[A-Za-z0-9][A-Za-z0-9+.-]*$/.test(name))
    throw new ComposeError('database-invalid', `${file}: ${JSON.stringify(name.slice(0, 80))} is no name of a package`);
  const [want = '', flag = '', state = ''] = (stanza.get('status') ?? 'install ok installed').split(/\s+/);
  const gone = state === 'config-files' || state === 'not-installed';
  const version = gone ? (stanza.get('version') ?? '0') : value('version');
  const candidate: Candidate = {
    name,
    version,
    architecture: stanza.get('architecture') ?? 'all',
    essential: stanza.get('essential') === 'yes',
    priority: stanza.get('priority') ?? 'optional',
    filename: '',
    expected: { sha256: '', size: 0 },
    mirror: '',
    suite: '',
    stanza,
  };
  const installed: Installed = {
    candidate,
    fields: readFields(raw),
    control: new Map(),
    list: [],
    conffiles: readConffiles(stanza.get('conffiles')),
  };
  const damages: string[] = [];
  if (flag !== 'ok') damages.push(`dpkg's status says ${flag || 'nothing'}`);
  if (state !== 'installed' && !gone) damages.push(`dpkg's status is ${state || 'missing'}`);
  if (!/^(\d+:)?[A-Za-z0-9.+:~-]+$/.test(version)) damages.push('its version is none');
  if (control) {
    installed.control = control.get(infoName(installed)) ?? control.get(name) ?? new Map();
    const list = installed.control.get('list');
    if (list) installed.list = linesOf(list.bytes);
    else if (!gone) damages.push('its list of files is missing');
  } else {
    const sums = readRegular(tree, `${file}.md5sums`);
    if (sums === null) damages.push('its list of files is missing');
    else
      installed.list = sums
        .split('\n')
        .filter(Boolean)
        .map((line) => `/${line.slice(34).replace(/^\/+/, '')}`);
    if (sums !== null)
      installed.control.set('md5sums', { name: 'md5sums', bytes: Buffer.from(sums, 'latin1'), mode: 0o644, mtime: 0 });
  }
  return {
    installed,
    held: want === 'hold',
    damage: gone ? 'only its configuration is left' : damages.length > 0 ? damages.join(', ') : null,
    file,
    raw,
  };
}

/** `info/NAME[:ARCH].KIND`, by name and kind. */
function controlFiles(tree: Tree): ControlFiles {
  const files: ControlFiles = new Map();
  const folder = tree.find(`${ADMIN}/info`);
  if (folder?.kind !== 'directory') return files;
  for (const [name, node] of folder.entries) {
    const dot = name.lastIndexOf('.');
    if (dot <= 0 || node.kind !== 'file' || node.content.size > MAX_STATUS) continue;
    const [owner, kind] = [name.slice(0, dot), name.slice(dot + 1)];
    const own = files.get(owner) ?? new Map<string, ControlFile>();
    const { content, mode, mtime } = node;
    own.set(kind, {
      name: kind,
      mode,
      mtime,
      get bytes() {
        return content.read();
      },
    });
    files.set(owner, own);
  }
  return files;
}

function readConffiles(value: string | undefined): Installed['conffiles'] {
  return (value ?? '')
    .split('\n')
    .map((line) => /^\s*(\/.*?) ([0-9a-f]{32}|newconffile)((?: [a-z-]+)*)\s*$/.exec(line))
    .filter((match) => match !== null)
    .map(([, path = '', md5 = '', flags = '']) => ({
      path,
      md5,
      ...(/ obsolete/.test(flags) ? { obsolete: true } : {}),
    }));
}

const linesOf = (bytes: Buffer): string[] => bytes.toString('latin1').split('\n').filter(Boolean);

/** The stanza of an upgraded package as dpkg writes it, fields in dpkg's order. */
export function formatStanza(installed: Installed, form: Database['form'], before: Installed | null): string {
  const lines: string[] = [];
  const known = new Set(KNOWN_FIELDS.map((name) => name.toLowerCase()));
  if (form === 'status.d') return installed.fields.map(({ name, value }) => `${name}: ${value}`).join('\n');
  for (const name of KNOWN_FIELDS) {
    if (name === 'Status') lines.push('Status: install ok installed');
    else if (name === 'Conffiles') {
      if (installed.conffiles.length > 0)
        lines.push(
          'Conffiles:',
          ...installed.conffiles.map(({ path, md5, obsolete }) => ` ${path} ${md5}${obsolete ? ' obsolete' : ''}`),
        );
    } else {
      // dpkg keeps these two where a package does not say (dpkg, pkg_parse_copy).
      const kept = name === 'Priority' || name === 'Section' ? (before ? field(before, name) : undefined) : undefined;
      const value = field(installed, name) || kept;
      if (value !== undefined && value !== '') lines.push(`${name}: ${value}`);
    }
  }
  for (const { name, value } of installed.fields) if (!known.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  return lines.join('\n');
}

/** Writes the stanzas of changed packages; all others stay byte for byte. New ones go where their name belongs. */
export function writeDatabase(
  tree: Tree,
  database: Database,
  changed: ReadonlyMap<Present, Installed>,
  added: readonly Installed[],
): void {
  if (database.form === 'status.d') {
    for (const [present, installed] of changed) writeOwnFile(tree, present.file, installed);
    for (const installed of added) writeOwnFile(tree, `${STATUS_D}/${installed.candidate.name}`, installed);
    return;
  }
  const stanzas = database.present.map((present) => {
    const installed = changed.get(present);
    return {
      name: present.installed.candidate.name,
      raw: installed ? formatStanza(installed, 'dpkg', present.installed) : present.raw,
    };
  });
  for (const installed of added) {
    const { name } = installed.candidate;
    const at = stanzas.findIndex((stanza) => stanza.name > name);
    stanzas.splice(at < 0 ? stanzas.length : at, 0, { name, raw: formatStanza(installed, 'dpkg', null) });
  }
  tree.write(STATUS, inMemory(stanzas.map(({ raw }) => `${raw}\n\n`).join('')));
}

function writeOwnFile(tree: Tree, path: string, installed: Installed): void {
  tree.write(path, inMemory(`${formatStanza(installed, 'status.d', null)}\n`));
  const sums = installed.control.get('md5sums');
  if (sums) tree.write(`${path}.md5sums`, inMemory(sums.bytes));
}

/** Where dpkg keeps a control file of a package. */
export const infoPath = (installed: Installed, kind: string): string => `${ADMIN}/info/${infoName(installed)}.${kind}`;
