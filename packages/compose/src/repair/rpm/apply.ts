/** Carries out a plan on the tree of an image with rpm's database, in the order and by the rules of rpm. */
// One file, because the order of a transaction is one idea: scripts, files, triggers and records depend on each other.
import type { RepairDifference, RepairScript } from '@pratique/contract';
import { inMemory } from '../../files/content.ts';
import type { Tree } from '../../files/tree.ts';
import { Debconf } from '../../install/debconf.ts';
import type { World } from '../../install/world.ts';
import { makeLinkerCache } from '../../steps/ldconfig.ts';
import { type Applied, type ApplyOptions, runJob } from '../applied.ts';
import { runScript, ScriptNotDone, type Scripts } from '../debian/scripts.ts';
import { inOrder } from '../plan/in-order.ts';
import { scriptOwner } from '../script-owner.ts';
import { RPM_ENVIRONMENT, rpmSteps } from './commands.ts';
import { changeRpmDatabase, type RpmDatabase } from './database.ts';
import { digestAlgorithm, filesOf } from './file-list.ts';
import { checkConflicts, differencesOf, eraseRpm, type FinalOwners, RealPaths, unpackRpm } from './files.ts';
import { charEntry, type Entry, int32Entry, mergedSignatures, type RpmHeader, TAG, writeRecord } from './header.ts';
import { luaEffect } from './lua.ts';
import type { OpenRpm } from './open-package.ts';
import type { RpmPackage } from './package.ts';
import {
  fileTriggersOf,
  isAt,
  isFor,
  type Moment,
  type RpmScript,
  type ScriptKind,
  scriptOf,
  type Trigger,
  transactionTriggersOf,
  triggersOf,
} from './scripts.ts';
import { installColor, readOmissions } from './system.ts';

/** One package of the plan; `present` is null for one that is added; `replaced` are those that it stands for. */
export type RpmItem = { present: RpmPackage | null; replaced: readonly RpmPackage[]; opened: OpenRpm };

export type RpmApplyOptions = ApplyOptions & {
  /** For the database, while it is changed. */
  folder: string;
};

/** A package as scripts and triggers see it. */
type Actor = { name: string; version: string; header: RpmHeader };
const MAX_DIFFERENCES = 1000;

/** Changes `tree`; where it is refused the tree is half done and of no use. */
export async function applyRpm(
  tree: Tree,
  database: RpmDatabase,
  items: readonly RpmItem[],
  options: RpmApplyOptions,
): Promise<Applied> {
  const job = new RpmJob(tree, database, items, options);
  return runJob(job, job.scripts, () => job.world.current);
}

class RpmJob {
  readonly world: World;
  readonly scripts: Scripts;
  readonly differences: RepairDifference[] = [];
  readonly files = new Map<string, { files: number; bytes: number }>();
  /** Packages to blame for what happens next, where that is not the one at work. */
  blamed: string[] = [];
  readonly #database: RpmDatabase;
  readonly #items: readonly RpmItem[];
  readonly #options: RpmApplyOptions;
  readonly #real: RealPaths;
  /** Who is in the database at the moment: for a while old and new together. */
  readonly #present: Actor[];

  constructor(tree: Tree, database: RpmDatabase, items: readonly RpmItem[], options: RpmApplyOptions) {
    this.world = worldOf(tree, options);
    this.scripts = { done: [], sandbox: options.sandbox };
    this.#database = database;
    this.#items = inOrder(items);
    this.#options = options;
    this.#real = new RealPaths(tree);
    this.#present = [...database.packages];
  }

  async run(): Promise<void> {
    const { world } = this;
    const omissions = readOmissions(world.tree);
    const color = installColor(this.#database.packages);
    const final = this.#finalOwners();
    const records: Buffer[] = [];
    for (const { opened } of this.#items) {
      world.current = opened.offer.name;
      checkConflicts(opened, final, this.#real);
    }
    for (const { opened, present } of this.#items) await this.#script(actorOf(opened), 'pretrans', present ? 2 : 1);
    for (const [at, { opened, present }] of this.#items.entries()) {
      const actor = actorOf(opened);
      world.current = actor.name;
      this.#options.progress(at, this.#items.length, actor.name);
      if (present) this.#compare(present);
      await this.#triggered('prein', actor);
      await this.#script(actor, 'pre', present ? 2 : 1);
      world.current = actor.name;
      const unpacked = unpackRpm(world, opened, present, omissions, this.#real);
      this.files.set(actor.name, { files: unpacked.files, bytes: unpacked.bytes });
      records.push(this.#record(opened, unpacked.states, color));
      this.#present.push(actor);
      await this.#script(actor, 'post', present ? 2 : 1);
      await this.#triggered('in', actor);
      await this.#ownTriggers('in', actor);
      await this.#fileTriggers(opened);
    }
    for (const { opened, present, replaced } of this.#items)
      for (const old of present ? [present, ...replaced] : replaced) {
        // The number of packages of that name that are left.
        const rest = old.name === opened.offer.name ? 1 : 0;
        this.blamed = [opened.offer.name];
        await this.#ownTriggers('un', old);
        await this.#triggered('un', old, rest);
        await this.#script(old, 'preun', rest);
        eraseRpm(world.tree, old, final, this.#real);
        await this.#script(old, 'postun', rest);
        await this.#triggered('postun', old, rest);
        this.#present.splice(this.#present.indexOf(old), 1);
        this.blamed = [];
      }
    for (const { opened, present } of this.#items) await this.#script(actorOf(opened), 'posttrans', present ? 2 : 1);
    await this.#transactionTriggers();
    this.#refreshLinkerCache();
    const removed = this.#gone().map(({ id }) => id);
    changeRpmDatabase(world.tree, this.#database.path, this.#options.folder, removed, records);
    this.#options.progress(this.#items.length, this.#items.length, '');
  }

  #gone(): RpmPackage[] {
    return [...new Set(this.#items.flatMap(({ present, replaced }) => (present ? [present, ...replaced] : replaced)))];
  }

  #finalOwners(): FinalOwners {
    const gone = new Set(this.#gone());
    const owners: FinalOwners = new Map();
    const add = (name: string, header: RpmHeader, files: RpmPackage['files']) => {
      const algorithm = digestAlgorithm(header);
      for (const file of files) {
        const path = this.#real.of(file.path);
        const list = owners.get(path);
        if (list) list.push({ name, file, algorithm });
        else owners.set(path, [{ name, file, algorithm }]);
      }
    };
    for (const each of this.#database.packages)
      if (!gone.has(each))
        add(
          each.name,
          each.header,
          each.files.filter(({ state }) => state === 0),
        );
    for (const { opened } of this.#items) add(opened.offer.name, opened.header, opened.files);
    return owners;
  }

  #compare(present: RpmPackage): void {
    for (const { path, was } of differencesOf(this.world.tree, present))
      if (this.differences.length < MAX_DIFFERENCES) {
        const kept = was === 'configuration-modified';
        this.differences.push({ package: present.name, path, was, now: kept ? 'as-before' : 'as-packaged' });
      }
  }

  /** As rpm adds them when a package is installed. @see rpm, lib/psm.c, dbAdd */
  #record({ header, signature, offer }: OpenRpm, states: Buffer, color: number): Buffer {
    const { now } = this.#options;
    const added: Entry[] = [
      ...mergedSignatures(signature, header),
      int32Entry(TAG.installTime, now),
      ...(states.length > 0 ? [charEntry(TAG.fileStates, states)] : []),
      int32Entry(TAG.installColor, color),
      int32Entry(TAG.installTid, now),
    ];
    return writeRecord(header, added, `${offer.name}-${offer.version}`);
  }

  async #script(actor: Actor, kind: ScriptKind, count: number): Promise<void> {
    const script = scriptOf(actor.header, kind);
    if (script) await this.#run(actor, script, [String(count)]);
  }

  async #run(actor: Actor, script: RpmScript, args: string[], input?: string): Promise<void> {
    const { world } = this;
    const { name, version } = actor;
    const note = (handled: RepairScript['handled'], detail: string) =>
      this.scripts.done.push({ package: name, script: `${script.name} ${args[0] ?? ''}`.trim(), handled, detail });
    if (script.interpreter === '<lua>') {
      const effect = luaEffect(script.body, name, Number(args[0]), world.tree);
      if (effect?.kind === 'nothing') return void note('not-needed', effect.why);
      if (effect) {
        const before = world.tree.changes;
        if (effect.kind === 'ldconfig' && world.tree.find('/etc/ld.so.cache')) makeLinkerCache(world);
        if (effect.kind === 'shells') addLines(world, '/etc/shells', effect.lines);
        return void note(world.tree.changes === before ? 'not-needed' : 'built-in', effect.kind);
      }
      note('not-done', 'it is written in Lua, for the interpreter inside rpm');
      throw new ScriptNotDone(name, `its ${script.name} is written in Lua, for the interpreter inside rpm`);
    }
    if (!['/bin/sh', '/usr/bin/sh'].some((path) => world.tree.find(path)?.kind === 'file'))
      return void note('not-needed', 'the image has no shell, so that no script of its packages ever ran or could run');
    const owner = scriptOwner(name, version, this.#options.architecture, new Map([[script.name, script.file]]));
    if (input !== undefined) world.input = input;
    try {
      await runScript(world, owner, script.name, args, this.scripts);
    } finally {
      delete world.input;
    }
  }

  #count(name: string): number {
    return this.#present.filter((each) => each.name === name).length;
  }

  /** Triggers of others that a package sets off; the arguments are how many there are of theirs and of its name. */
  async #triggered(moment: Moment, actor: Actor, count = this.#count(actor.name)): Promise<void> {
    const blamed = this.blamed;
    this.blamed = blamed.length > 0 ? blamed : [actor.name];
    for (const other of [...this.#present]) {
      if (other.header === actor.header) continue;
      for (const trigger of triggersOf(other.header))
        if (isAt(trigger, moment) && isFor(trigger, actor))
          await this.#run(other, trigger.script, [String(this.#count(other.name)), String(count)]);
    }
    this.blamed = blamed;
  }

  /** Its own triggers that packages set off which are there already. */
  async #ownTriggers(moment: Moment, actor: Actor): Promise<void> {
    for (const trigger of triggersOf(actor.header)) {
      const other = this.#present.find((each) => each.header !== actor.header && isFor(trigger, each));
      if (other && isAt(trigger, moment))
        await this.#run(actor, trigger.script, [String(this.#count(actor.name)), String(this.#count(other.name))]);
    }
  }

  /** Its files set off triggers of others, and those of all that is there its own. */
  async #fileTriggers({ files, offer, header }: OpenRpm): Promise<void> {
    this.blamed = [offer.name];
    const paths = files.map(({ path }) => path);
    const isOwn = fileTriggersOf(header).length > 0;
    const everything = isOwn ? this.#present.flatMap((each) => filesOf(each.header).map(({ path }) => path)) : [];
    for (const { owner, trigger } of this.#fileTriggersOf(fileTriggersOf))
      if (isAt(trigger, 'in')) await this.#runForFiles(owner, trigger, owner.header === header ? everything : paths);
    this.blamed = [];
  }

  /** Once, when all is done: files that came, and files that went. */
  async #transactionTriggers(): Promise<void> {
    const came = this.#items.flatMap(({ opened }) => opened.files.map(({ path }) => path));
    const went = this.#gone().flatMap(({ files }) => files.map(({ path }) => path));
    this.blamed = this.#items.map(({ opened }) => opened.offer.name);
    for (const { owner, trigger } of this.#fileTriggersOf(transactionTriggersOf)) {
      if (isAt(trigger, 'in')) await this.#runForFiles(owner, trigger, came);
      if (isAt(trigger, 'postun')) await this.#runForFiles(owner, trigger, went, false);
    }
    this.blamed = [];
  }

  #fileTriggersOf(read: (header: RpmHeader) => Trigger[]): { owner: Actor; trigger: Trigger }[] {
    return this.#present
      .flatMap((owner) => read(owner.header).map((trigger) => ({ owner, trigger })))
      .sort((a, b) => b.trigger.priority - a.trigger.priority);
  }

  async #runForFiles(owner: Actor, trigger: Trigger, paths: readonly string[], hasInput = true): Promise<void> {
    const found = [...new Set(paths.filter((path) => path.startsWith(trigger.target.name)))].sort();
    if (found.length === 0) return;
    await this.#run(owner, trigger.script, ['1', '0'], hasInput ? found.map((path) => `${path}\n`).join('') : '');
  }

  /** glibc of some distributions has it done by no script at all but by the next start of the machine. */
  #refreshLinkerCache(): void {
    const { world } = this;
    const isDone = this.scripts.done.some(({ detail }) => detail.split(', ').includes('ldconfig'));
    if (isDone || world.tree.find('/etc/ld.so.cache')?.kind !== 'file') return;
    const isLibrary = ({ path }: { path: string }) => /\/lib[^/]*\.so(\.|$)|\/ld-[^/]*\.so/.test(path);
    if (this.#items.some(({ opened }) => opened.files.some(isLibrary))) makeLinkerCache(world);
  }
}

const actorOf = ({ offer, header }: OpenRpm): Actor => ({ name: offer.name, version: offer.version, header });

function worldOf(tree: Tree, { architecture, now }: RpmApplyOptions): World {
  return {
    tree,
    now,
    // The linker's folders go by Debian's name of the architecture.
    architecture: architecture === 'x86_64' ? 'amd64' : architecture,
    packages: new Map(),
    debconf: new Debconf(),
    current: '',
    temporaries: [],
    upgrading: true,
    activated: new Map(),
    conventions: {
      steps: rpmSteps,
      environment: () => new Map(RPM_ENVIRONMENT),
      path: () => '/var/tmp/pratique-rpm/script',
    },
  };
}

function addLines({ tree }: World, path: string, lines: readonly string[]): void {
  const text = tree.readText(path) ?? '';
  const missing = lines.filter((line) => !`\n${text}\n`.includes(`\n${line}\n`));
  if (missing.length > 0) tree.write(path, inMemory(text + missing.map((line) => `${line}\n`).join('')));
}
