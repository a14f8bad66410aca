/** Alpine, Wolfi and their like: packages of apk, from signed repositories, without apk. */
import { closeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepairedPackage, RepairLeft } from '@pratique/contract';
import type { Tree } from '../../files/tree.ts';
import type { Refused } from '../applied.ts';
import { applyInAttempts } from '../attempts.ts';
import type { Family, FamilyContext, Patient, Planned, Repaired, Unrepaired } from '../family.ts';
import { type Left, planUnits, type Slot, type UnitPlan } from '../plan/plan-units.ts';
import { type ApkItem, applyApk } from './apply.ts';
import { type ApkChoiceRequest, type ApkUnit, apkOffers, chooseApkVersions } from './choose.ts';
import { type ApkDatabase, type ApkPackage, readApkDatabase } from './database.ts';
import { type OpenApk, openApk } from './open-package.ts';
import type { ApkOffer } from './read-index.ts';
import { type ApkRepositories, openApkRepositories } from './repositories.ts';
import { type ApkSystem, readApkSystem, textOf } from './system.ts';
import { compareApkVersions } from './version.ts';

export const apkFamily: Family = {
  name: 'apk',
  detect(tree, architecture) {
    const database = readApkDatabase(tree);
    if (!database || database.packages.length === 0) return null;
    const system = readApkSystem(tree, database, architecture);
    return { open: (context) => new ApkPatient(tree, database, system, context) };
  },
};

class ApkPatient implements Patient {
  readonly compareVersions = compareApkVersions;
  readonly #tree: Tree;
  readonly #database: ApkDatabase;
  readonly #system: ApkSystem;
  readonly #context: FamilyContext;
  readonly #opened = new Map<ApkOffer, OpenApk>();
  #repositories: ApkRepositories | null = null;
  #slots: Slot<ApkUnit>[] = [];
  #refused = new Map<string, Left>();
  #plan: UnitPlan<ApkUnit> | null = null;

  constructor(tree: Tree, database: ApkDatabase, system: ApkSystem, context: FamilyContext) {
    this.#tree = tree;
    this.#database = database;
    this.#system = system;
    this.#context = context;
  }

  async plan(): Promise<Planned> {
    const { progress } = this.#context;
    progress('release', 0, 1, this.#system.branch || this.#system.distribution);
    const repositories = await openApkRepositories(this.#tree, this.#system, this.#context);
    this.#repositories = repositories;
    progress('release', 1, 1);
    progress('plan', 0, 1);
    if (repositories.sources.length > 0) {
      const { slots, left } = chooseApkVersions(this.#request());
      this.#slots = slots;
      this.#refused = left;
    }
    this.#makePlan();
    const upgrades = this.#plan?.upgrades.size ?? 0;
    progress('plan', 1, 1, `${upgrades} packages`);
    return { upgrades, versions: this.#versions(), left: this.#left(), sources: repositories.sources };
  }

  apply(): Promise<Repaired | Unrepaired> {
    return applyInAttempts(this.#tree, this.#context, {
      architecture: this.#system.architecture,
      next: () => this.#next(),
      apply: (tree, items, options) => applyApk(tree, this.#database, items, options),
      refuse: (refused) => this.#refuse(refused),
      left: () => this.#left(),
      describe,
    });
  }

  async #next(): Promise<{ items: ApkItem[]; created: number } | null> {
    const plan = this.#plan;
    if (!plan || plan.upgrades.size === 0) return null;
    const items = await this.#fetch(plan);
    return { items, created: items.reduce((latest, { opened }) => Math.max(latest, opened.offer.built), 0) };
  }

  async close(): Promise<void> {
    for (const { spool } of this.#opened.values()) closeSync(spool);
    this.#opened.clear();
  }

  #request(): ApkChoiceRequest {
    return {
      packages: this.#database.packages,
      offers: this.#repositories?.offers ?? [],
      world: textOf(this.#tree, '/etc/apk/world'),
      architecture: this.#system.architecture,
      only: this.#context.only,
    };
  }

  #makePlan(): void {
    this.#plan = planUnits<ApkUnit>(this.#slots, apkOffers(this.#request()), this.#refused);
  }

  #refuse({ packages, reason, detail }: Refused): void {
    for (const name of packages) {
      const slot = this.#slots.find(({ present }) => present.name === name);
      this.#refused.set(name, {
        name,
        version: slot?.present.version ?? '',
        candidate: slot?.candidate?.version ?? null,
        reason,
        detail,
      });
    }
    this.#makePlan();
  }

  async #fetch(plan: UnitPlan<ApkUnit>): Promise<ApkItem[]> {
    const { fetch, cacheDir, folder, progress, signal } = this.#context;
    const spools = join(folder, `apk-${this.#opened.size}`);
    await mkdir(spools, { recursive: true });
    const wanted: [ApkPackage | null, ApkOffer][] = [
      ...[...plan.upgrades].map(([slot, unit]) => [asPackage(slot.present), asOffer(unit)] as [ApkPackage, ApkOffer]),
      ...plan.added.map((unit) => [null, asOffer(unit)] as [null, ApkOffer]),
    ];
    const items: ApkItem[] = [];
    for (const [present, offer] of wanted) {
      signal?.throwIfAborted();
      let opened = this.#opened.get(offer);
      if (!opened) {
        if (!this.#repositories) throw new Error('no repositories are open');
        const spool = join(spools, String(this.#opened.size));
        opened = await openApk(offer, this.#repositories.keys, { fetch, cacheDir }, spool);
        this.#opened.set(offer, opened);
        progress('fetch', this.#opened.size, wanted.length, offer.name);
      }
      items.push({ present, opened });
    }
    return items;
  }

  #versions(): Map<string, string> {
    const versions = new Map(this.#database.packages.map(({ name, version }) => [name, version]));
    for (const unit of [...(this.#plan?.upgrades.values() ?? []), ...(this.#plan?.added ?? [])])
      versions.set(unit.name, unit.version);
    return versions;
  }

  #left(): RepairLeft[] {
    const { distribution, branch } = this.#system;
    const ended: RepairLeft[] = (this.#repositories?.missing ?? [])
      .filter((suite) => suite.endsWith('/main') || branch === '')
      .map((suite) => ({
        name: distribution,
        version: branch,
        candidate: null,
        reason: 'end-of-life',
        detail: `the archive has no ${suite}: it gets no updates there any more, or none yet`,
      }));
    // Packages that were only thought of as an addition are not the image's.
    return [...ended, ...(this.#plan?.left ?? []).filter((each) => each.version !== '')];
  }
}

function describe({ present, opened: { offer, sha256 } }: ApkItem): Omit<RepairedPackage, 'files'> {
  return {
    name: offer.name,
    architecture: offer.architecture,
    from: present?.version ?? null,
    to: offer.version,
    source: offer.fields.get('o') ?? offer.name,
    suite: offer.suite,
    url: offer.url,
    sha256,
    size: offer.size,
  };
}

function asPackage(unit: ApkUnit): ApkPackage {
  if (!('folders' in unit)) throw new Error(`${unit.name} is on offer, not installed`);
  return unit;
}
function asOffer(unit: ApkUnit): ApkOffer {
  if (!('url' in unit)) throw new Error(`${unit.name} is installed, not on offer`);
  return unit;
}
