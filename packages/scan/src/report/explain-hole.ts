/** Why an image has a hole, or why it has not: every package that an advisory of that name is about. */
import type { Distribution, Package } from '@pratique/contract';
import { schemeOf } from '../advisories/ecosystems.ts';
import { judge } from '../advisories/ranges.ts';
import type { AdvisoryRange } from '../advisories/record.ts';
import type { Advisory, AdvisoryStore } from '../advisories/store.ts';
import { isForDevelopment } from '../catalogers/purl.ts';
import { subjectOf } from '../subject.ts';

export type HoleReason = {
  package: Pick<Package, 'name' | 'version' | 'type' | 'purl' | 'owner' | 'layer' | 'paths'>;
  source: string;
  advisory: string;
  affected: boolean | 'unknown';
  /** The comparison that was made, or why none was. */
  sentence: string;
};

/** Names compare without regard to case. @returns an empty list where no advisory of that name is about a package of the image */
export function explainHole(
  packages: readonly Package[],
  distribution: Distribution | null,
  store: AdvisoryStore,
  id: string,
): HoleReason[] {
  return packages.flatMap((each) => {
    const development = isForDevelopment(each.purl);
    const unowned = subjectOf({ ...each, owner: null, purl: development ? '' : each.purl }, distribution);
    if (unowned.kind !== 'subject') return [];
    const scheme = schemeOf(unowned.ecosystem);
    if (scheme === null || !store.covers(unowned.ecosystem)) return [];
    const { name, version, type, purl, owner, layer, paths } = each;
    return store
      .lookup(unowned.ecosystem, unowned.name)
      .filter((advisory) => isCalled(advisory, id))
      .map((advisory): HoleReason => {
        const about = {
          package: { name, version, type, purl, owner, layer, paths },
          source: advisory.source,
          advisory: advisory.advisory,
        };
        if (owner !== null)
          return {
            ...about,
            affected: false,
            sentence: `its files belong to ${owner}, for which the distribution's own advisories speak`,
          };
        if (development)
          return {
            ...about,
            affected: false,
            sentence: `${paths[0]} says that it is for development alone, and nothing of it is installed`,
          };
        const judged = judge(scheme, unowned.name, unowned.version, advisory);
        if (judged.affected !== false) return { ...about, affected: judged.affected, sentence: judged.comparison };
        return {
          ...about,
          affected: false,
          sentence: `${unowned.name} ${unowned.version} is outside of what is affected: ${describeRanges(advisory)} (${scheme})`,
        };
      });
  });
}

function isCalled({ ids, aliases, advisory }: Advisory, id: string): boolean {
  const wanted = id.toUpperCase();
  return [...ids, ...aliases, advisory].some((name) => name.toUpperCase() === wanted);
}

function describeRanges({ ranges, versions }: Advisory): string {
  const texts = [...ranges.map(describeRange), ...(versions?.length ? [`${versions.length} single versions`] : [])];
  return texts.length > 5
    ? `${texts.slice(0, 5).join('; ')}; and ${texts.length - 5} more`
    : texts.join('; ') || 'no version';
}

function describeRange({ from, after, fixed, last }: AdvisoryRange): string {
  const since = from === null ? '' : after ? `after ${from}, ` : `from ${from}, `;
  if (fixed !== null) return `${since}before ${fixed}`;
  return last === null ? `${since}all later ones` : `${since}up to ${last}`;
}
