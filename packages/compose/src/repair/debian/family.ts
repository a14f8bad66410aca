/** Debian and Ubuntu: packages of dpkg, from signed archives, without dpkg. */
import { closeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepairedPackage, RepairLeft } from '@pratique/contract';
import { fetchVerified } from '../../archive/download.ts';
import type { Candidate } from '../../archive/packages.ts';
import { ComposeError } from '../../error.ts';
import type { Tree } from '../../files/tree.ts';
import { type Opened, unpackAll } from '../../install/install.ts';
import { makeUniverse } from '../../resolve/universe.ts';
import { startUnpacker } from '../../unpack/unpacker.ts';
import { compareVersions } from '../../version.ts';
import type { Refused } from '../applied.ts';
import { applyInAttempts } from '../attempts.ts';
import type { Family, FamilyContext, Patient, Planned, Repaired, Unrepaired } from '../family.ts';
import { applyUpgrades, type Item } from './apply.ts';
import { chooseVersions } from './choose.ts';
import { type Database, type Present, readDatabase } from './database.ts';
import { openSuites, type Suites } from './open-suites.ts';
import { type Choice, type Left, type Plan, planUpgrades } from './plan.ts';
import { readPreferences } from './preferences.ts';
import { readSystem, type System } from './system.ts';

export const debianFamily: Family = {
  name: 'debian',
  detect(tree, architecture) {
    const database = readDatabase(tree);
    if (!database) return null;
    const system = readSystem(tree, database, architecture);
    if (typeof system === 'string') throw new ComposeError('image-unsupported', system);
    return { open: (context) => new DebianPatient(tree, database, system, context) };
  },
};

class DebianPatient implements Patient {
  readonly compareVersions = compareVersions;
  readonly #tree: Tree;
  readonly #database: Database;
  readonly #system: System;
  readonly #context: FamilyContext;
  readonly #opened = new Map<Candidate, Opened>();
  #suites: Suites | null = null;
  #choices: Choice[] = [];
  #refused = new Map<string, Left>();
  #plan: Plan | null = null;

  constructor(tree: Tree, database: Database, system: System, context: FamilyContext) {
    this.#tree = tree;
    this.#database = database;
    this.#system = system;
    this.#context = context;
  }

  async plan(): Promise<Planned> {
    const { progress, archives, seen, only } = this.#context;
    progress('release', 0, 1, this.#system.codename);
    const suites = await openSuites(this.#tree, { ...this.#system, archives, seen }, this.#context);
    this.#suites = suites;
    progress('release', 1, 1);
    progress('plan', 0, 1);
    if (suites.open.some(({ role }) => role === 'base')) {
      const { choices, left } = chooseVersions({
        present: this.#database.present,
        architecture: this.#system.architecture,
        suites: suites.open,
        universe: this.#universe(),
        preferences: readPreferences(this.#tree),
        only,
      });
      this.#choices = choices;
      this.#refused = left;
    }
    this.#plan = planUpgrades(this.#choices, this.#universe(), this.#refused);
    progress('plan', 1, 1, `${this.#plan.upgrades.size} packages`);
    return {
      upgrades: this.#plan.upgrades.size,
      versions: this.#versions(),
      left: this.#left(),
      sources: suites.sources,
    };
  }

  apply(): Promise<Repaired | Unrepaired> {
    return applyInAttempts(this.#tree, this.#context, {
      architecture: this.#system.architecture,
      next: () => this.#next(),
      apply: (tree, items, options) => applyUpgrades(tree, this.#database, items, options),
      refuse: (refused) => this.#refuse(refused),
      left: () => this.#left(),
      describe,
    });
  }

  async #next(): Promise<{ items: Item[]; created: number } | null> {
    const plan = this.#plan;
    if (!plan || plan.upgrades.size === 0) return null;
    await this.#fetch([...plan.upgrades.values(), ...plan.added]);
    const items = this.#items(plan);
    return { items, created: newest(items) };
  }

  async close(): Promise<void> {
    for (const { spool } of this.#opened.values()) closeSync(spool);
    this.#opened.clear();
  }

  #universe() {
    const indexes = this.#suites?.open.flatMap((suite) => suite.indexes) ?? [];
    return makeUniverse(indexes, this.#system.architecture, new Set());
  }

  /** Plans again without the packages that refused. */
  #refuse({ packages, reason, detail }: Refused): void {
    for (const name of packages) {
      const choice = this.#choices.find(({ present }) => present.installed.candidate.name === name);
      this.#refused.set(name, {
        name,
        version: choice?.present.installed.candidate.version ?? '',
        candidate: choice?.candidate?.version ?? null,
        reason,
        detail,
      });
    }
    this.#plan = planUpgrades(this.#choices, this.#universe(), this.#refused);
  }

  #items(plan: Plan): Item[] {
    const item = (present: Present | null, candidate: Candidate): Item => {
      const opened = this.#opened.get(candidate);
      if (!opened) throw new Error(`${candidate.name} was not fetched`);
      return { present, opened };
    };
    return [
      ...[...plan.upgrades].map(([present, candidate]) => item(present, candidate)),
      ...plan.added.map((candidate) => item(null, candidate)),
    ];
  }

  async #fetch(candidates: Candidate[]): Promise<void> {
    const missing = candidates.filter((candidate) => !this.#opened.has(candidate));
    if (missing.length === 0) return;
    const { fetch, cacheDir, folder, progress } = this.#context;
    const spools = join(folder, `packages-${this.#opened.size}`);
    await mkdir(spools);
    const unpacker = startUnpacker();
    let fetched = 0;
    try {
      const opened = await unpackAll(missing, {
        unpacker,
        folder: spools,
        progress: (phase, done, total, what) => progress(phase, done, total, what),
        fetch: async (candidate) => {
          this.#context.signal?.throwIfAborted();
          const { bytes } = await fetchVerified(
            { fetch, cacheDir },
            [`${candidate.mirror}/${candidate.filename}`],
            candidate.expected,
            candidate.filename,
          );
          progress('fetch', ++fetched, missing.length, candidate.name);
          return bytes;
        },
      });
      for (const each of opened) this.#opened.set(each.installed.candidate, each);
    } finally {
      await unpacker.close();
    }
  }

  #versions(): Map<string, string> {
    const versions = new Map<string, string>();
    for (const { present } of this.#choices) {
      const { name, version } = present.installed.candidate;
      versions.set(name, this.#plan?.upgrades.get(present)?.version ?? version);
    }
    for (const { name, version } of this.#plan?.added ?? []) versions.set(name, version);
    return versions;
  }

  #left(): RepairLeft[] {
    const missing = this.#suites?.missing ?? [];
    const { distribution, version, codename } = this.#system;
    const ended: RepairLeft[] = missing
      .filter((name) => name === codename || name.endsWith('-security'))
      .map((name) => ({
        name: distribution,
        version: version || codename,
        candidate: null,
        reason: 'end-of-life',
        detail: `the archive has no ${name}: ${codename} gets no updates there any more, or none yet`,
      }));
    // Packages that were only thought of as an addition are not the image's.
    return [...ended, ...(this.#plan?.left ?? []).filter((each) => each.version !== '')];
  }
}

function describe({ present, opened }: Item): Omit<RepairedPackage, 'files'> {
  const { name, version, architecture, mirror, filename, suite, expected, stanza } = opened.installed.candidate;
  return {
    name,
    architecture,
    from: present?.installed.candidate.version ?? null,
    to: version,
    source: stanza.get('source')?.split(' ')[0] ?? name,
    suite,
    url: `${mirror}/${filename}`,
    sha256: expected.sha256,
    size: expected.size,
  };
}

/** When the newest of the packages was built: the only clock of a repair, so that the same packages make the same bytes. */
function newest(items: readonly Item[]): number {
  const times = items.flatMap(({ opened }) => [...opened.installed.control.values()].map(({ mtime }) => mtime));
  return times.reduce((latest, time) => Math.max(latest, time), 0);
}
