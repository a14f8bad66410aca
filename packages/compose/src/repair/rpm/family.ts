/** RHEL, Fedora, SUSE and their like: packages of rpm, from signed repositories, without rpm or dnf. */
import { closeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepairedPackage, RepairLeft } from '@pratique/contract';
import { fetchVerified } from '../../archive/download.ts';
import { ComposeError } from '../../error.ts';
import type { Tree } from '../../files/tree.ts';
import type { Applied, ApplyOptions, Refused } from '../applied.ts';
import { applyInAttempts } from '../attempts.ts';
import type { Family, FamilyContext, Patient, Planned, Repaired, Unrepaired } from '../family.ts';
import { type Left, planUnits, type UnitPlan } from '../plan/plan-units.ts';
import { applyRpm, type RpmItem } from './apply.ts';
import { chooseRpmVersions, type RpmChoices, type RpmUnit } from './choose.ts';
import { findRpmDatabase, type RpmDatabase, readRpmDatabase } from './database.ts';
import { type OpenRpm, openRpm } from './open-package.ts';
import type { RpmPackage } from './package.ts';
import type { RpmOffer } from './read-repository.ts';
import { openRpmRepositories, type RpmRepositories } from './repositories.ts';
import { type RpmSystem, readKeptBack, readRpmSystem } from './system.ts';
import { compareRpmVersions } from './version.ts';

const KINDS = { ndb: 'Packages.db, as SUSE has it', bdb: 'Packages, in Berkeley DB' } as const;

export const rpmFamily: Family = {
  name: 'rpm',
  detect(tree, architecture) {
    const found = findRpmDatabase(tree);
    if (!found) return null;
    if (found.kind !== 'sqlite')
      throw new ComposeError(
        'image-unsupported',
        `the image keeps its packages in ${found.path} (${KINDS[found.kind]}), which is read here and not written`,
      );
    return { open: (context) => new RpmPatient(tree, found.path, architecture, context) };
  },
};

class RpmPatient implements Patient {
  readonly compareVersions = compareRpmVersions;
  readonly #tree: Tree;
  readonly #path: string;
  readonly #configured: string | undefined;
  readonly #context: FamilyContext;
  readonly #opened = new Map<string, OpenRpm>();
  #folders = 0;
  #database: RpmDatabase | null = null;
  #system: RpmSystem | null = null;
  #repositories: RpmRepositories | null = null;
  #choices: RpmChoices = { slots: [], left: new Map(), offers: { satisfying: () => [] } };
  #refused = new Map<string, Left>();
  #plan: UnitPlan<RpmUnit> | null = null;

  constructor(tree: Tree, path: string, configured: string | undefined, context: FamilyContext) {
    this.#tree = tree;
    this.#path = path;
    this.#configured = configured;
    this.#context = context;
  }

  async plan(): Promise<Planned> {
    const { progress, only } = this.#context;
    const database = readRpmDatabase(this.#tree, this.#path, await this.#folder());
    const system = readRpmSystem(this.#tree, database.packages, this.#configured);
    this.#database = database;
    this.#system = system;
    const repositories = await openRpmRepositories(system, this.#context);
    this.#repositories = repositories;
    progress('release', 1, 1);
    progress('plan', 0, 1);
    if (repositories.sources.length > 0) {
      this.#choices = chooseRpmVersions({
        packages: database.packages,
        offers: repositories.offers,
        security: repositories.security,
        keptBack: readKeptBack(this.#tree),
        architecture: system.architecture,
        only,
      });
      this.#refused = this.#choices.left;
    }
    this.#makePlan();
    const upgrades = this.#changes();
    progress('plan', 1, 1, `${upgrades} packages`);
    return { upgrades, versions: this.#versions(), left: this.#left(), sources: repositories.sources };
  }

  apply(): Promise<Repaired | Unrepaired> {
    return applyInAttempts(this.#tree, this.#context, {
      architecture: this.#system?.architecture ?? '',
      next: () => this.#next(),
      apply: (tree, items, options) => this.#applyTo(tree, items, options),
      refuse: (refused) => this.#refuse(refused),
      left: () => this.#left(),
      describe,
    });
  }

  async #next(): Promise<{ items: RpmItem[]; created: number } | null> {
    const plan = this.#plan;
    if (!plan || !this.#database || this.#changes() === 0) return null;
    const items = await this.#fetch(plan);
    return { items, created: items.reduce((latest, { opened }) => Math.max(latest, opened.offer.built), 0) };
  }

  async #applyTo(tree: Tree, items: readonly RpmItem[], options: ApplyOptions): Promise<Applied> {
    if (!this.#database) throw new Error('there is no plan yet');
    return applyRpm(tree, this.#database, items, { ...options, folder: await this.#folder() });
  }

  async close(): Promise<void> {
    for (const { spool } of this.#opened.values()) closeSync(spool);
    this.#opened.clear();
  }

  async #folder(): Promise<string> {
    const folder = join(this.#context.folder, `rpm-${this.#folders++}-${process.hrtime.bigint()}`);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  #makePlan(): void {
    this.#plan = planUnits<RpmUnit>(this.#choices.slots, this.#choices.offers, this.#refused);
  }

  /** Added packages alone are no repair, unless they stand for one that is there. */
  #changes(): number {
    return (this.#plan?.upgrades.size ?? 0) + (this.#plan?.replaced.size ?? 0);
  }

  #refuse({ packages, reason, detail }: Refused): void {
    for (const name of packages) {
      const slot = this.#choices.slots.find(
        ({ present, candidate }) => present.name === name || candidate?.name === name,
      );
      this.#refused.set(name, {
        name: slot?.present.name ?? name,
        version: slot?.present.version ?? '',
        candidate: slot?.candidate?.version ?? null,
        reason,
        detail,
      });
    }
    this.#makePlan();
  }

  async #fetch(plan: UnitPlan<RpmUnit>): Promise<RpmItem[]> {
    const { fetch, cacheDir, progress, signal, now } = this.#context;
    const repositories = this.#repositories;
    if (!repositories) throw new Error('no repositories are open');
    const replacedBy = (unit: RpmUnit): RpmPackage[] =>
      [...plan.replaced].filter(([, by]) => by === unit).map(([slot]) => asPackage(slot.present));
    const wanted: [RpmPackage | null, RpmOffer][] = [
      ...[...plan.upgrades].map(([slot, unit]) => [asPackage(slot.present), asOffer(unit)] as [RpmPackage, RpmOffer]),
      ...plan.added.map((unit) => [null, asOffer(unit)] as [null, RpmOffer]),
    ];
    const folder = await this.#folder();
    const items: RpmItem[] = [];
    for (const [present, offer] of wanted) {
      signal?.throwIfAborted();
      let opened = this.#opened.get(offer.sha256);
      if (!opened) {
        const { bytes } = await fetchVerified({ fetch, cacheDir }, [offer.url], offer, offer.url);
        const spool = join(folder, String(this.#opened.size));
        opened = await openRpm(offer, bytes, repositories.keys, offer.isVouched, now(), spool);
        this.#opened.set(offer.sha256, opened);
        progress('fetch', this.#opened.size, wanted.length, offer.name);
      }
      items.push({ present, replaced: replacedBy(offer), opened: { ...opened, offer } });
    }
    return items;
  }

  #versions(): Map<string, string> {
    const versions = new Map((this.#database?.packages ?? []).map(({ name, version }) => [name, version]));
    for (const { present } of this.#plan?.replaced.keys() ?? []) versions.delete(present.name);
    for (const unit of [...(this.#plan?.upgrades.values() ?? []), ...(this.#plan?.added ?? [])])
      versions.set(unit.name, unit.version);
    return versions;
  }

  #left(): RepairLeft[] {
    const ended: RepairLeft[] =
      this.#repositories?.sources.length === 0
        ? this.#repositories.missing.map((suite) => ({
            name: this.#system?.distribution ?? '',
            version: this.#system?.version ?? '',
            candidate: null,
            reason: 'end-of-life',
            detail: `the archive has no ${suite}: it gets no updates there any more, or none yet`,
          }))
        : [];
    // Packages that were only thought of as an addition are not the image's.
    return [...ended, ...(this.#plan?.left ?? []).filter((each) => each.version !== '')];
  }
}

function describe({ present, replaced, opened: { offer } }: RpmItem): Omit<RepairedPackage, 'files'> {
  return {
    name: offer.name,
    architecture: offer.architecture,
    from: present?.version ?? null,
    to: offer.version,
    source: offer.source,
    suite: offer.suite,
    url: offer.url,
    sha256: offer.sha256,
    size: offer.size,
    ...(replaced.length > 0 ? { replaces: replaced.map(({ name, version }) => ({ name, version })) } : {}),
  };
}

function asPackage(unit: RpmUnit): RpmPackage {
  if (!('header' in unit)) throw new Error(`${unit.name} is on offer, not installed`);
  return unit;
}
function asOffer(unit: RpmUnit): RpmOffer {
  if (!('url' in unit)) throw new Error(`${unit.name} is installed, not on offer`);
  return unit;
}
