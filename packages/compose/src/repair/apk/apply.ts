/** Carries out a plan on the tree of an image with apk's database, in the order and by the rules of apk. */
import type { RepairDifference } from '@pratique/contract';
import type { Tree } from '../../files/tree.ts';
import { Debconf } from '../../install/debconf.ts';
import type { World } from '../../install/world.ts';
import { type Applied, type ApplyOptions, runJob } from '../applied.ts';
import { runScript, type Scripts } from '../debian/scripts.ts';
import { inOrder } from '../plan/in-order.ts';
import { scriptOwner } from '../script-owner.ts';
import { apkEnvironment, apkSteps } from './commands.ts';
import { type ApkDatabase, type ApkPackage, packageOf, pathIn, writeApkDatabase } from './database.ts';
import { type ApkOwners, removeOldApk, unpackApk } from './files.ts';
import type { OpenApk } from './open-package.ts';
import { patternOf, readProtected } from './protected.ts';
import {
  type ApkScripts,
  readApkScripts,
  readApkTriggers,
  writeApkScripts,
  writeApkTriggers,
} from './scripts-archive.ts';
import type { TarFile } from './signature.ts';

/** One package of the plan; `present` is null for one that is added. */
export type ApkItem = { present: ApkPackage | null; opened: OpenApk };

const MAX_DIFFERENCES = 1000;

/** Changes `tree`; where it is refused the tree is half done and of no use. */
export async function applyApk(
  tree: Tree,
  database: ApkDatabase,
  items: readonly ApkItem[],
  options: ApplyOptions,
): Promise<Applied> {
  const job = new ApkJob(tree, database, items, options);
  return runJob(job, job.scripts, (script) => script ?? job.world.current);
}

class ApkJob {
  readonly world: World;
  readonly scripts: Scripts;
  readonly differences: RepairDifference[] = [];
  readonly files = new Map<string, { files: number; bytes: number }>();
  /** Packages to blame for what happens next, where that is not the one whose script runs. */
  blamed: string[] = [];
  readonly #packages: ApkPackage[];
  readonly #folder: string;
  readonly #items: readonly ApkItem[];
  readonly #options: ApplyOptions;
  readonly #archive: ApkScripts;
  readonly #isHex: boolean;
  readonly #triggers: Map<string, string[]>;
  readonly #touched = new Map<string, Set<string>>();
  readonly #changed = new Set<ApkPackage>();

  constructor(tree: Tree, database: ApkDatabase, items: readonly ApkItem[], options: ApplyOptions) {
    this.world = worldOf(tree, options);
    this.scripts = { done: [], sandbox: options.sandbox };
    this.#folder = database.folder;
    // Packages lose files to others meanwhile: the database as it was read stays as it is.
    this.#packages = database.packages.map((each) => ({ ...each, folders: each.folders.map(copyFolder) }));
    this.#items = inOrder(items);
    this.#options = options;
    const { scripts, isHex } = readApkScripts(tree, database);
    this.#archive = scripts;
    this.#isHex = isHex;
    this.#triggers = readApkTriggers(tree, database);
  }

  async run(): Promise<void> {
    const { world } = this;
    const owners: ApkOwners = new Map();
    for (const each of this.#packages)
      for (const folder of each.folders)
        for (const file of folder.files) owners.set(pathIn(folder, file), { package: each, file });
    const isProtected = readProtected(world.tree);
    for (const [at, item] of this.#items.entries()) {
      this.#options.progress(at, this.#items.length, item.opened.offer.name);
      await this.#install(item, owners, isProtected);
    }
    await this.#runTriggers();
    const database = { folder: this.#folder, packages: this.#packages };
    writeApkDatabase(world.tree, database);
    writeApkScripts(world.tree, database, this.#archive, this.#isHex);
    writeApkTriggers(world.tree, database, this.#triggers);
    this.#options.progress(this.#items.length, this.#items.length, '');
  }

  async #install(
    { present, opened }: ApkItem,
    owners: ApkOwners,
    isProtected: (folder: string) => boolean,
  ): Promise<void> {
    const { world } = this;
    const { offer, info, scripts } = opened;
    const { name, version } = offer;
    const at = present
      ? this.#packages.findIndex((each) => each.name === name && each.version === present.version)
      : -1;
    const old = this.#packages[at] ?? null;
    world.current = name;
    const args = old ? [version, old.version] : [version];
    await this.#script(name, version, scripts, old ? 'pre-upgrade' : 'pre-install', args);
    world.current = name;
    const unpacked = unpackApk(world, opened, old, owners, isProtected, (path, was, kept) => {
      if (this.differences.length < MAX_DIFFERENCES)
        this.differences.push({ package: name, path, was, now: kept ? 'as-before' : 'as-packaged' });
    });
    const extra = [
      ...field('r', info.get('replaces')?.join(' ')),
      ...field('q', info.get('replaces_priority')?.[0]),
      ...field('s', old?.fields.get('s')),
    ];
    const now = packageOf([...offer.header, ...extra], unpacked.folders, `${name} ${version}`);
    if (at >= 0) this.#packages[at] = now;
    else this.#packages.push(now);
    for (const robbed of unpacked.robbed) rob(robbed, unpacked.folders);
    if (old) {
      const isKept = (path: string) => this.#packages.some(({ folders }) => folders.some((each) => each.path === path));
      removeOldApk(world.tree, old, now.folders, owners, isProtected, isKept);
      this.#archive.delete(`${old.name}-${old.version}`);
      this.#triggers.delete(old.fields.get('C') ?? '');
    }
    for (const folder of now.folders)
      for (const file of folder.files) owners.set(pathIn(folder, file), { package: now, file });
    if (scripts.size > 0) this.#archive.set(`${name}-${version}`, new Map(sortedScripts(scripts, offer.built)));
    const patterns = (info.get('triggers') ?? []).flatMap((line) => line.split(/\s+/)).filter(Boolean);
    if (patterns.length > 0) this.#triggers.set(offer.fields.get('C') ?? '', patterns);
    this.#changed.add(now);
    this.#touched.set(name, new Set([...now.folders, ...(old?.folders ?? [])].map(({ path }) => `/${path}`)));
    this.files.set(name, { files: unpacked.files, bytes: unpacked.bytes });
    await this.#script(name, version, scripts, old ? 'post-upgrade' : 'post-install', args);
  }

  async #script(
    name: string,
    version: string,
    scripts: OpenApk['scripts'],
    kind: string,
    args: string[],
  ): Promise<void> {
    if (!scripts.has(kind)) return;
    if (!this.#hasShell()) {
      const detail = 'the image has no shell, so that no script of its packages ever ran or could run';
      this.scripts.done.push({ package: name, script: kind, handled: 'not-needed', detail });
      return;
    }
    const owner = scriptOwner(name, version, this.#options.architecture, scripts);
    await runScript(this.world, owner, kind, args, this.scripts);
  }

  #hasShell(): boolean {
    return ['/bin/sh', '/bin/busybox', '/usr/bin/sh'].some((path) => this.world.tree.find(path)?.kind === 'file');
  }

  /** Triggers get the folders in which something changed; those of packages that are new all that they ask for. */
  async #runTriggers(): Promise<void> {
    const everything = new Set(this.#packages.flatMap(({ folders }) => folders.map(({ path }) => `/${path}`)));
    for (const each of this.#packages) {
      const wanted = this.#triggers.get(each.fields.get('C') ?? '');
      const scripts = this.#archive.get(`${each.name}-${each.version}`);
      if (!wanted || !scripts?.has('trigger')) continue;
      const patterns = wanted.map((pattern) => patternOf(pattern.replace(/^\+/, '')));
      const matches = (path: string) => patterns.some((pattern) => pattern.test(path));
      const isNew = this.#changed.has(each);
      const by = [...this.#touched].filter(([, paths]) => [...paths].some(matches)).map(([name]) => name);
      const paths = isNew ? everything : new Set(by.flatMap((name) => [...(this.#touched.get(name) ?? [])]));
      const folders = [...paths].filter((path) => matches(path) && this.world.tree.find(path)?.kind === 'directory');
      if (folders.length === 0) continue;
      // A package that is not upgraded itself cannot be kept from its trigger but by leaving those that set it off.
      this.blamed = isNew ? [each.name] : by;
      await this.#script(each.name, each.version, scripts, 'trigger', folders.sort());
    }
    this.blamed = [];
  }
}

function worldOf(tree: Tree, { architecture, now }: ApplyOptions): World {
  const world: World = {
    tree,
    now,
    architecture,
    packages: new Map(),
    debconf: new Debconf(),
    current: '',
    temporaries: [],
    upgrading: true,
    activated: new Map(),
  };
  world.conventions = {
    steps: apkSteps,
    environment: ({ candidate }, script) => apkEnvironment(world, candidate.name, script),
    path: ({ candidate }, script) => `/lib/apk/exec/${candidate.name}-${candidate.version}.${script}`,
  };
  return world;
}

const copyFolder = (folder: ApkPackage['folders'][number]): ApkPackage['folders'][number] => ({
  ...folder,
  files: folder.files.map((file) => ({ ...file })),
});

const field = (key: string, value: string | undefined): string[] => (value ? [`${key}:${value}`] : []);

/** Files that another package took over. */
function rob(robbed: ApkPackage, by: ApkPackage['folders']): void {
  const taken = new Set(by.flatMap((folder) => folder.files.map((file) => pathIn(folder, file))));
  for (const folder of robbed.folders) folder.files = folder.files.filter((file) => !taken.has(pathIn(folder, file)));
}

const KINDS = [
  'pre-install',
  'post-install',
  'pre-deinstall',
  'post-deinstall',
  'pre-upgrade',
  'post-upgrade',
  'trigger',
];

/** In the order and with the time that apk's own archive has. */
function sortedScripts(scripts: OpenApk['scripts'], built: number): [string, TarFile][] {
  return KINDS.flatMap((kind) => {
    const script = scripts.get(kind);
    return script ? [[kind, { ...script, mode: 0o755, mtime: built }] as [string, TarFile]] : [];
  });
}
