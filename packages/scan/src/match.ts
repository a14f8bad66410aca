/** Matches an inventory's packages with the advisories of their ecosystems. */
import type { Finding, Inventory, Package, Uncovered } from '@pratique/contract';
import { schemeOf } from './advisories/ecosystems.ts';
import { type Judgement, judge } from './advisories/ranges.ts';
import type { Advisory, AdvisoryStore } from './advisories/store.ts';
import { joinFindings } from './findings.ts';
import { type Subject, subjectOf } from './subject.ts';
import { isVersion } from './versions/compare.ts';

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
export function matchInventory(inventory: Inventory, store: AdvisoryStore): MatchResult {
  const findings: Finding[] = [];
  const gaps = new Gaps();
  for (const each of inventory.packages) {
    const subject = subjectOf(each, inventory.distribution);
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

/** Matches one package; the unit that is computed anew when an advisory changes. */
export function matchPackage(
  each: Package,
  subject: Extract<Subject, { kind: 'subject' }>,
  store: AdvisoryStore,
  gaps: Gaps,
): Finding[] {
  const { ecosystem, name, version } = subject;
  const scheme = schemeOf(ecosystem);
  if (!store.covers(ecosystem)) {
    gaps.add(ecosystem, 'no advisory source has data on it', each);
    return [];
  }
  if (scheme === null) {
    gaps.add(ecosystem, 'the version order of this ecosystem is not known', each);
    return [];
  }
  if (!isVersion(scheme, version)) {
    // A URL, a commit, `(devel)`: comparing it with every advisory would only say so many times over.
    gaps.add(ecosystem, 'the version of these packages cannot be compared', each);
    return [];
  }
  if (!store.reads(ecosystem, name)) gaps.add(ecosystem, 'the advisory source says nothing of these packages', each);
  const findings: Finding[] = [];
  for (const advisory of store.lookup(ecosystem, name)) {
    const judgement = judge(scheme, name, version, advisory);
    if (judgement.affected !== false) findings.push(...toFindings(each, advisory, judgement, store));
  }
  return findings;
}

function toFindings(
  each: Package,
  advisory: Advisory,
  judgement: Exclude<Judgement, { affected: false }>,
  store: AdvisoryStore,
): Finding[] {
  const { name, version, type, purl } = each;
  return advisory.ids.map((id) => ({
    id,
    aliases: advisory.aliases,
    package: { name, version, type, purl },
    severity: advisory.severity,
    status: judgement.affected === 'unknown' ? 'unknown' : advisory.status,
    fixedVersion: judgement.affected === 'unknown' ? null : judgement.fixedVersion,
    exploited: [id, ...advisory.aliases].some((alias) => alias.startsWith('CVE-') && store.exploited(alias)),
    title: advisory.title,
    evidence: {
      source: advisory.source,
      advisory: advisory.advisory,
      comparison: judgement.comparison,
      severitySource: advisory.severitySource,
      snapshot: store.snapshot,
    },
  }));
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
