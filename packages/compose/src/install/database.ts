/** dpkg's database, as dpkg itself would have left it after a clean installation (dpkg(1), "FILES"). */
import { inMemory } from '../files/content.ts';
import { field, type Installed, infoName, type World } from './world.ts';

export const ADMIN = '/var/lib/dpkg';
/** The order in which dpkg writes the fields it knows; all others follow in the package's own order. */
export const KNOWN_FIELDS = [
  'Package',
  'Essential',
  'Protected',
  'Status',
  'Priority',
  'Section',
  'Installed-Size',
  'Origin',
  'Maintainer',
  'Bugs',
  'Architecture',
  'Multi-Arch',
  'Source',
  'Version',
  'Replaces',
  'Provides',
  'Depends',
  'Pre-Depends',
  'Recommends',
  'Suggests',
  'Breaks',
  'Conflicts',
  'Enhances',
  'Conffiles',
  'Description',
];

/** Writes what belongs to one package: its control files, once its file list is complete. */
export function writeInfo(world: World, installed: Installed): void {
  const name = infoName(installed);
  for (const file of installed.control.values()) {
    if (file.name === 'control') continue;
    const path = `${ADMIN}/info/${name}.${file.name}`;
    world.tree.put(path, {
      kind: 'file',
      mode: file.mode,
      uid: 0,
      gid: 0,
      mtime: file.mtime,
      content: inMemory(file.bytes),
    });
  }
  writeFileList(world, installed);
}

/** The file list changes when another package takes a file over. */
export function writeFileList(world: World, installed: Installed): void {
  world.tree.write(
    `${ADMIN}/info/${infoName(installed)}.list`,
    inMemory(installed.list.map((path) => `${path}\n`).join('')),
  );
}

/** Empty tables and directories that dpkg expects. */
export function prepareDatabase(world: World): void {
  for (const folder of ['alternatives', 'info', 'parts', 'triggers', 'updates'])
    world.tree.makeDirectory(`${ADMIN}/${folder}`);
  for (const file of ['available', 'diversions', 'status']) world.tree.write(`${ADMIN}/${file}`, inMemory(''));
  world.tree.write(`${ADMIN}/info/format`, inMemory('1\n'));
  world.tree.write(`${ADMIN}/lock`, inMemory(''), 0o640);
  world.tree.write(`${ADMIN}/lock-frontend`, inMemory(''), 0o640);
  world.tree.write(`${ADMIN}/triggers/Lock`, inMemory(''), 0o600);
  world.tree.write(`${ADMIN}/triggers/Unincorp`, inMemory(''));
}

/** The status file: every package installed, with the hashes of its configuration files. */
export function writeStatus(world: World): void {
  const packages = [...world.packages.values()].sort((a, b) => (a.candidate.name < b.candidate.name ? -1 : 1));
  world.tree.write(`${ADMIN}/status`, inMemory(packages.map((installed) => `${formatStanza(installed)}\n`).join('')));
  writeTriggers(world, packages);
}

function formatStanza(installed: Installed): string {
  const lines: string[] = [];
  for (const name of KNOWN_FIELDS) {
    if (name === 'Status') lines.push('Status: install ok installed');
    else if (name === 'Conffiles') {
      if (installed.conffiles.length > 0)
        lines.push('Conffiles:', ...installed.conffiles.map(({ path, md5 }) => ` ${path} ${md5}`));
    } else {
      const value = field(installed, name);
      if (value !== undefined && value !== '') lines.push(`${name}: ${value}`);
    }
  }
  const known = new Set(KNOWN_FIELDS.map((name) => name.toLowerCase()));
  for (const { name, value } of installed.fields) if (!known.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  return `${lines.join('\n')}\n`;
}

/** Interests that packages declare in their `triggers` control file (deb-triggers(5)). */
function writeTriggers(world: World, packages: Installed[]): void {
  const files: string[] = [];
  const named = new Map<string, string[]>();
  for (const installed of packages) {
    for (const line of installed.control.get('triggers')?.bytes.toString('latin1').split('\n') ?? []) {
      const [directive = '', target = ''] = line.trim().split(/\s+/);
      if (!directive.startsWith('interest')) continue;
      const entry = `${infoName(installed).replace(/:.*/, field(installed, 'Multi-Arch') === 'same' ? '$&' : '')}${directive === 'interest-noawait' ? '/noawait' : ''}`;
      if (target.startsWith('/')) files.push(`${target} ${entry}`);
      else named.set(target, [...(named.get(target) ?? []), entry]);
    }
  }
  world.tree.write(`${ADMIN}/triggers/File`, inMemory(files.map((line) => `${line}\n`).join('')));
  for (const [name, entries] of named) {
    if (/^[A-Za-z0-9][A-Za-z0-9+._-]*$/.test(name))
      world.tree.write(`${ADMIN}/triggers/${name}`, inMemory(entries.map((line) => `${line}\n`).join('')));
  }
}
