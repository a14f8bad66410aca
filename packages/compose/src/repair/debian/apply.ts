/** Carries out a plan on an image's tree, in the order and by the rules of dpkg. */
import type { RepairDifference } from '@pratique/contract';
import { inMemory } from '../../files/content.ts';
import type { Tree } from '../../files/tree.ts';
import { writeFileList } from '../../install/database.ts';
import { Debconf } from '../../install/debconf.ts';
import type { Opened } from '../../install/install.ts';
import { installationOrder } from '../../install/order.ts';
import type { Installed, World } from '../../install/world.ts';
import { makeLinkerCache } from '../../steps/ldconfig.ts';
import { type Applied, type ApplyOptions, runJob } from '../applied.ts';
import { removeOnUpgrade, settleConffiles } from './conffiles.ts';
import { type Database, infoPath, type Present, writeDatabase } from './database.ts';
import { loadDebconf, saveDebconf } from './debconf-files.ts';
import { ownersOf, removeObsolete, type Unpacked, unpackOver } from './files.ts';
import { missingDocumentation, readPathFilters } from './path-filters.ts';
import { runScript, type Scripts } from './scripts.ts';
import { triggered, writeInterests } from './triggers.ts';
import { filesThatDiffer } from './verify.ts';

/** One package of the plan, unpacked; `present` is null for one that is added. */
export type Item = { present: Present | null; opened: Opened };

/** Changes `tree`; where it is refused the tree is half done and of no use. */
export async function applyUpgrades(
  tree: Tree,
  database: Database,
  items: readonly Item[],
  options: ApplyOptions,
): Promise<Applied> {
  const world = worldOf(tree, database, options);
  const scripts: Scripts = { done: [], sandbox: options.sandbox };
  const job = new Job(world, database, items, options, scripts);
  return runJob(job, scripts, (script) => script ?? world.current);
}

function worldOf(tree: Tree, database: Database, { architecture, now }: ApplyOptions): World {
  const packages = new Map<string, Installed>();
  for (const { installed, damage } of database.present) {
    if (damage === 'only its configuration is left') continue;
    const { name, architecture: own } = installed.candidate;
    const foreign = own !== 'all' && own !== architecture;
    // Lists are changed while packages take files over from each other: the database's own stay as they were read.
    packages.set(foreign ? `${name}:${own}` : name, { ...installed, list: [...installed.list] });
  }
  return {
    tree,
    now,
    architecture,
    packages,
    debconf: new Debconf(),
    current: '',
    temporaries: [],
    upgrading: true,
    activated: new Map(),
  };
}

type Step = { item: Item; now: Installed; old: Installed | null; unpacked: Unpacked | null };

class Job {
  readonly world: World;
  readonly differences: RepairDifference[] = [];
  readonly files = new Map<string, { files: number; bytes: number }>();
  /** Packages to blame for what happens next, where that is not the one whose script runs. */
  blamed: string[] = [];
  readonly #database: Database;
  readonly #steps: Step[];
  readonly #options: ApplyOptions;
  readonly #scripts: Scripts;
  readonly #paths = new Map<string, Set<string>>();

  constructor(world: World, database: Database, items: readonly Item[], options: ApplyOptions, scripts: Scripts) {
    this.world = world;
    this.#database = database;
    this.#options = options;
    this.#scripts = scripts;
    const byCandidate = new Map(items.map((item) => [item.opened.installed.candidate, item]));
    this.#steps = installationOrder([...byCandidate.keys()]).flatMap((candidate) => {
      const item = byCandidate.get(candidate);
      if (!item) return [];
      const old = item.present ? (world.packages.get(candidate.name) ?? null) : null;
      return [{ item, now: { ...item.opened.installed, list: [], conffiles: [] }, old, unpacked: null }];
    });
  }

  async run(): Promise<void> {
    const { world } = this;
    const whole = this.#database.form === 'dpkg';
    const total = this.#steps.length * 2;
    for (const { old } of this.#steps) if (old) this.differences.push(...filesThatDiffer(world.tree, old));
    const debconf = whole ? loadDebconf(world) : null;
    const owners = ownersOf(world);
    const filters = readPathFilters(world.tree);
    for (const [index, step] of this.#steps.entries()) {
      const { now, old, item } = step;
      const { name, version } = now.candidate;
      world.current = name;
      this.#options.progress(index, total, name);
      const from = old?.candidate.version;
      if (whole && old) await runScript(world, old, 'prerm', ['upgrade', version], this.#scripts);
      const arguments_ = from === undefined ? ['install'] : ['upgrade', from, version];
      if (whole) await runScript(world, now, 'preinst', arguments_, this.#scripts);
      world.current = name;
      const missing = whole || !old ? null : missingDocumentation(world.tree, old.list);
      const skips = missing
        ? (path: string, folder: boolean) => filters(path, folder) || missing(path, folder)
        : filters;
      const unpacked = unpackOver(world, now, owners, skips, item.opened.spool, item.opened.dataSize);
      step.unpacked = unpacked;
      this.files.set(name, { files: unpacked.files, bytes: unpacked.bytes });
      if (whole && old) await runScript(world, old, 'postrm', ['upgrade', version], this.#scripts);
      if (old) {
        if (whole) removeObsolete(world, old, now, owners);
        else removeObsoleteBare(world, old, now, owners);
      }
      this.#paths.set(name, new Set([...now.list, ...(old?.list ?? [])]));
      world.packages.set(name, now);
      if (whole) writeInfoFiles(world, old, now);
      for (const other of unpacked.robbed) {
        const robbed = world.packages.get(other);
        if (whole && robbed) writeFileList(world, robbed);
      }
    }
    for (const [index, step] of this.#steps.entries()) {
      this.#options.progress(this.#steps.length + index, total, step.now.candidate.name);
      await this.#configure(step, whole);
    }
    if (whole) await this.#runTriggers();
    const cached = this.#scripts.done.some(({ detail }) => detail.split(', ').includes('ldconfig'));
    if (!cached && world.tree.find('/etc/ld.so.cache')?.kind === 'file' && this.#touchesLibraries())
      makeLinkerCache(world);
    if (whole && debconf) saveDebconf(world, debconf);
    this.#finish(whole);
    this.#options.progress(total, total, '');
  }

  async #configure({ now, old, unpacked, item }: Step, whole: boolean): Promise<void> {
    const { world } = this;
    const name = now.candidate.name;
    world.current = name;
    const statusLayer = item.present ? world.tree.find(item.present.file)?.layer : undefined;
    // Without a hash of the old version: a file counts as changed if it came in another layer than the package.
    const edited = (path: string) => whole || world.tree.find(path)?.layer !== statusLayer;
    if (unpacked) {
      removeOnUpgrade(world, old, unpacked.removeOnUpgrade);
      for (const difference of settleConffiles(world, now, old, unpacked.conffiles, edited))
        this.differences.push({ package: name, ...difference });
    }
    if (!whole) {
      for (const script of ['preinst', 'postinst', 'prerm', 'postrm'])
        if (now.control.has(script))
          this.#scripts.done.push({
            package: name,
            script,
            handled: 'not-needed',
            detail:
              'packages are only unpacked in this image: it has no database for scripts and none of their effects',
          });
      return;
    }
    writeFileList(world, now);
    const from = old?.candidate.version ?? '';
    const templates = now.control.get('templates');
    if (templates && world.packages.has('debconf')) world.debconf.load(templates.bytes.toString('latin1'), name);
    if (world.packages.has('debconf')) await runScript(world, now, 'config', ['configure', from], this.#scripts);
    await runScript(world, now, 'postinst', ['configure', from], this.#scripts);
  }

  async #runTriggers(): Promise<void> {
    const { world } = this;
    const changed = this.#steps.map(({ now }) => now);
    for (const { installed, names, by } of triggered(world, changed, this.#paths)) {
      // A package that is not upgraded itself cannot be kept from its trigger but by leaving those that set it off.
      this.blamed = by.filter((name) => changed.some(({ candidate }) => candidate.name === name));
      if (this.blamed.length === 0) this.blamed = changed.map(({ candidate }) => candidate.name);
      await runScript(world, installed, 'postinst', ['triggered', names.join(' ')], this.#scripts);
    }
    this.blamed = [];
  }

  #touchesLibraries(): boolean {
    for (const paths of this.#paths.values())
      for (const path of paths) if (/\/lib[^/]*\.so(\.|$)|\/ld-[^/]*\.so/.test(path)) return true;
    return false;
  }

  #finish(whole: boolean): void {
    const changed = new Map<Present, Installed>();
    const added: Installed[] = [];
    for (const { item, now, old } of this.#steps) {
      if (item.present) changed.set(item.present, now);
      else added.push(now);
      if (!whole) continue;
      writeFileList(this.world, now);
      writeInterests(this.world, old, now);
      if (!item.present) markAutomatic(this.world, now);
    }
    writeDatabase(this.world.tree, this.#database, changed, added);
  }
}

/** Control files of the new version in place of the old one's. */
function writeInfoFiles(world: World, old: Installed | null, now: Installed): void {
  for (const kind of old?.control.keys() ?? []) if (old) world.tree.remove(infoPath(old, kind));
  for (const file of now.control.values()) {
    if (file.name === 'control') continue;
    world.tree.put(infoPath(now, file.name), {
      kind: 'file',
      mode: file.mode,
      uid: 0,
      gid: 0,
      mtime: file.mtime,
      content: inMemory(file.bytes),
    });
  }
  writeFileList(world, now);
}

/** Lists of checksums name no links: one that led to a file which is gone now, and leads nowhere, goes with it. */
function removeObsoleteBare(world: World, old: Installed, now: Installed, owners: ReturnType<typeof ownersOf>): void {
  const { tree } = world;
  const listed = new Set(now.list);
  const gone = old.list.filter((path) => !listed.has(path));
  const folders = new Set(gone.map((path) => path.slice(0, path.lastIndexOf('/'))));
  const leading: string[] = [];
  for (const folder of folders) {
    const node = tree.find(folder);
    if (node?.kind !== 'directory') continue;
    for (const [name, child] of node.entries)
      if (child.kind === 'symlink' && tree.find(`${folder}/${name}`)) leading.push(`${folder}/${name}`);
  }
  removeObsolete(world, old, now, owners);
  for (const path of leading) if (!listed.has(path) && !tree.find(path)) tree.remove(path);
}

/** A package that only another needed is apt's to remove again (apt-mark(8)). */
function markAutomatic(world: World, { candidate }: Installed): void {
  const path = '/var/lib/apt/extended_states';
  const text = world.tree.readText(path);
  if (text === null && !world.packages.has('apt')) return;
  const architecture = candidate.architecture === 'all' ? world.architecture : candidate.architecture;
  const stanza = `Package: ${candidate.name}\nArchitecture: ${architecture}\nAuto-Installed: 1\n\n`;
  world.tree.write(path, inMemory(`${text ?? ''}${stanza}`));
}
