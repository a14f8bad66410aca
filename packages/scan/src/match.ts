/** Matches an inventory's packages with the advisories of their ecosystems. */
import type { Finding, Inventory, Package, Uncovered } from '@pratique/contract';
import { BITNAMI, packageKey, schemeOf } from './advisories/ecosystems.ts';
import { type Judgement, judge } from './advisories/ranges.ts';
import type { Advisory, AdvisoryStore, Rating } from './advisories/store.ts';
import { joinFindings } from './findings.ts';
import { isModular, type Looked, subjectOf } from './subject.ts';
import { compareVersions, isVersion, type SchemeName } from './versions/compare.ts';

export type MatchResult = { findings: Finding[]; uncovered: Uncovered[] };

/**
 * Compares each package with what its ecosystem's sources say, in the ecosystem's own version order. Distribution
 * packages are matched by source package and source version; what lies inside one and has another package manager's
 * metadata is left to the distribution's data. Ecosystems and packages of which no source says anything are uncovered:
 * unknown, not clean.
 *
 * @returns findings and gaps in a fixed order, without repetitions
 * @throws ScanError `store-corrupt`
 */
export function matchInventory(
  inventory: Inventory,
  store: AdvisoryStore,
  options: { development?: boolean | undefined } = {},
): MatchResult {
  const findings: Finding[] = [];
  const gaps = new Gaps();
  for (const each of inventory.packages) {
    const subject = subjectOf(each, inventory.distribution, options);
    switch (subject.kind) {
      case 'exempt':
        break; // a named rule says why, see subject.ts
      case 'unknown':
        gaps.add(subject.ecosystem, subject.reason, each);
        break;
      case 'subject':
        findings.push(...matchPackage(each, subject, store, gaps));
    }
  }
  return { findings: joinFindings(findings), uncovered: gaps.list() };
}

/** Counts up whenever the same package and the same advisories give other findings than before: all is matched again. */
export const MATCHER_REVISION = 2;

/** Matches one package; the unit that is computed anew when an advisory changes. */
export function matchPackage(each: Package, subject: Looked, store: AdvisoryStore, gaps: Gaps): Finding[] {
  const { ecosystem, name, version } = subject;
  const scheme = schemeOf(ecosystem);
  const covered = store.covers(ecosystem);
  if (!covered) {
    const something = store.shards(ecosystem) !== '';
    const reason = something
      ? 'the advisory sources know only a part of what is known'
      : 'no advisory source has data on it';
    gaps.add(ecosystem, reason, each);
    if (!something) return [];
  }
  if (scheme === null) {
    gaps.add(ecosystem, 'the version order of this ecosystem is not known', each);
    return [];
  }
  if (!isVersion(scheme, version)) {
    // A URL, a commit, `(devel)`: an application's own module has no version, and matters only where one names it.
    if (covered && !store.reads(ecosystem, name))
      gaps.add(ecosystem, 'the advisory source says nothing of these packages', each);
    else if (advisoriesOn(subject, store).length > 0)
      gaps.add(ecosystem, 'the version of these packages cannot be compared', each);
    return [];
  }
  if (covered && !store.reads(ecosystem, name))
    gaps.add(ecosystem, 'the advisory source says nothing of these packages', each);
  // What it has never named it may not follow; other ecosystems hold all that there is.
  if (covered && ecosystem === BITNAMI && store.lookup(ecosystem, name).length === 0)
    gaps.add(ecosystem, 'the advisory source says nothing of these packages', each);
  const findings: Finding[] = [];
  for (const advisory of advisoriesOn(subject, store)) {
    if (!isOfModule(subject, advisory)) continue;
    const judgement = judge(scheme, name, version, advisory);
    if (judgement.affected !== false) findings.push(...toFindings(each, advisory, judgement, store));
  }
  const mended = findings.length === 0 ? null : mendedByExtension(scheme, subject, store);
  return mended === null ? findings : findings.filter((finding) => !mended.has(finding.id));
}

/** Keys under which the store is asked about a package, to find the packages that a change in it is about. */
export function askedFor(subject: Looked): { ecosystem: string; name: string }[] {
  const { ecosystem, name, source, extended } = subject;
  const own = { ecosystem, name: packageKey(ecosystem, name) };
  return [own, ...(source ? [{ ecosystem, name: source }] : []), ...(extended ? [{ ecosystem: extended, name }] : [])];
}

function advisoriesOn({ ecosystem, name, source }: Looked, store: AdvisoryStore): Advisory[] {
  const own = store.lookup(ecosystem, name);
  if (source === undefined) return own;
  // An erratum names every binary; a hole without a fix may name the source alone.
  const open = store.lookup(ecosystem, source).filter((one) => one.ranges.every((range) => range.fixed === null));
  return [...own, ...open];
}

/** A stream of a module has versions of its own: a fix in one says nothing of another, nor of packages of no module. */
function isOfModule({ module, version }: Looked, advisory: Advisory): boolean {
  const fixes = advisory.ranges.map((range) => range.fixed).filter((fixed) => fixed !== null);
  if (advisory.module === undefined && !fixes.some(isModular)) return module === undefined || fixes.length === 0;
  if (module === undefined) return false;
  if (advisory.module === undefined || module === true) return sameStream(version, fixes);
  return module === advisory.module;
}

/** Where one side does not name its stream, versions that begin with another number are of another stream. */
function sameStream(version: string, fixes: readonly string[]): boolean {
  const first = (text: string): string | undefined => /^(?:\d+:)?(\d+)/.exec(text)?.[1];
  return fixes.length === 0 || fixes.some((fixed) => first(fixed) === first(version));
}

/** Holes that an update of extended support has closed in what is installed. */
function mendedByExtension(scheme: SchemeName, subject: Looked, store: AdvisoryStore): Set<string> | null {
  if (subject.extended === undefined || store.shards(subject.extended) === '') return null;
  const mended = new Set<string>();
  for (const advisory of store.lookup(subject.extended, subject.name))
    if (
      isOfModule(subject, advisory) &&
      advisory.ranges.some((range) => isReached(scheme, subject.version, range.fixed))
    )
      for (const id of advisory.ids) mended.add(id);
  return mended;
}

function isReached(scheme: SchemeName, version: string, fixed: string | null): boolean {
  // Only builds of that offer have its fixes: a later main build without the fix is later too.
  const minor = /\.el\d+_\d+/.exec(fixed ?? '')?.[0];
  if (fixed === null || !isVersion(scheme, fixed) || (minor !== undefined && !version.includes(minor))) return false;
  return compareVersions(scheme, version, fixed) >= 0;
}

function toFindings(
  each: Package,
  advisory: Advisory,
  judgement: Exclude<Judgement, { affected: false }>,
  store: AdvisoryStore,
): Finding[] {
  const { name, version, type, purl } = each;
  return advisory.ids.map((id) => {
    const names = [id, ...advisory.aliases].filter((alias) => alias.startsWith('CVE-'));
    const rating = advisory.severity === 'unknown' || advisory.disputed !== true ? ratingOf(names, store) : null;
    const rated = advisory.severity === 'unknown' && rating !== null ? rating : advisory;
    return {
      id,
      aliases: advisory.aliases,
      package: { name, version, type, purl },
      severity: rated.severity,
      status: judgement.affected === 'unknown' ? 'unknown' : advisory.status,
      fixedVersion: judgement.affected === 'unknown' ? null : judgement.fixedVersion,
      exploited: names.some((alias) => store.exploited(alias)),
      title: advisory.title,
      evidence: {
        source: advisory.source,
        advisory: advisory.advisory,
        comparison: judgement.comparison,
        severitySource: rated.severitySource,
        snapshot: store.snapshot,
        ...(advisory.disputed === true || rating?.standing ? { standing: rating?.standing ?? 'disputed' } : {}),
      },
    };
  });
}

function ratingOf(names: readonly string[], store: AdvisoryStore): Rating | null {
  for (const name of names) {
    const rating = store.rating(name);
    if (rating) return rating;
  }
  return null;
}

/** Names listed in a reason; more of them say little more. */
const MAX_NAMES = 20;

/** What no source answers for, counted by ecosystem and reason. */
export class Gaps {
  readonly #gaps = new Map<string, { ecosystem: string; reason: string; names: Set<string>; packages: number }>();

  add(ecosystem: string, reason: string, each: Package): void {
    const key = JSON.stringify([ecosystem, reason]);
    let gap = this.#gaps.get(key);
    if (!gap) this.#gaps.set(key, (gap = { ecosystem, reason, names: new Set(), packages: 0 }));
    gap.packages += 1;
    gap.names.add(each.name);
  }

  list(): Uncovered[] {
    const gaps = [...this.#gaps.values()].map(({ ecosystem, reason, names, packages }) => {
      const sorted = [...names].sort();
      const more = sorted.length > MAX_NAMES ? ` and ${sorted.length - MAX_NAMES} more` : '';
      return { ecosystem, packages, reason: `${reason}: ${sorted.slice(0, MAX_NAMES).join(', ')}${more}` };
    });
    return gaps.sort((a, b) =>
      a.ecosystem === b.ecosystem ? (a.reason < b.reason ? -1 : 1) : a.ecosystem < b.ecosystem ? -1 : 1,
    );
  }
}
