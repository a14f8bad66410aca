/** Reads CSAF documents of the profile VEX, one for each CVE, as Red Hat and SUSE publish them. */
import { z } from 'zod';
import { compareVersions } from '../../versions/compare.ts';
import type { CollectedFeed, Collector } from '../collect.ts';
import { redHatKey, suseKey } from '../ecosystems.ts';
import type { FeedFile } from '../feed-files.ts';
import { type AdvisoryRecord, titleOf } from '../record.ts';
import { type Rated, rateVectors, rateWord, UNRATED } from '../severity.ts';
import { type Component, ProductTree, productResolver } from './csaf-products.ts';

const Ids = z.array(z.string()).max(500_000).optional();
const Vulnerability = z.looseObject({
  cve: z
    .string()
    .regex(/^CVE-\d{4}-\d{4,}$/)
    .optional(),
  title: z.string().optional(),
  product_status: z
    .looseObject({
      fixed: Ids,
      first_fixed: Ids,
      recommended: Ids,
      known_affected: Ids,
      known_not_affected: Ids,
      under_investigation: Ids,
    })
    .optional(),
  remediations: z.array(z.looseObject({ category: z.string(), product_ids: Ids })).optional(),
  scores: z
    .array(
      z.looseObject({
        cvss_v2: z.looseObject({ vectorString: z.string() }).optional(),
        cvss_v3: z.looseObject({ vectorString: z.string() }).optional(),
        cvss_v4: z.looseObject({ vectorString: z.string() }).optional(),
      }),
    )
    .optional()
    .catch(undefined),
  threats: z
    .array(z.looseObject({ category: z.string(), details: z.string() }))
    .optional()
    .catch(undefined),
});
type Vulnerability = z.infer<typeof Vulnerability>;

/** @see OASIS CSAF 2.0, section 3.2 */
const Csaf = z.looseObject({
  document: z.looseObject({
    title: z.string().optional(),
    aggregate_severity: z.looseObject({ text: z.string() }).optional().catch(undefined),
    tracking: z.looseObject({ id: z.string().min(1).max(200), current_release_date: z.string().optional() }),
  }),
  product_tree: ProductTree.optional(),
  vulnerabilities: z.array(Vulnerability).max(10_000).optional(),
});

type Vendor = { source: 'redhat' | 'suse'; label: string; key: (component: Component) => string | null };

const RED_HAT: Vendor = { source: 'redhat', label: 'Red Hat', key: ({ platform }) => redHatKey(platform.cpe ?? '') };
const SUSE: Vendor = { source: 'suse', label: 'SUSE', key: ({ platform }) => suseKey(platform.name) };

export const csafFile = (name: string): boolean =>
  /\.json(?:\.gz|\.zst)?$/.test(name) && !/(?:index|changes|provider-metadata)[^/]*$/.test(name);

export const readRedHat = (file: FeedFile, into: Collector, licence: string): void =>
  read(file, into, licence, RED_HAT);
export const readSuse = (file: FeedFile, into: Collector, licence: string): void => read(file, into, licence, SUSE);

function read(file: FeedFile, into: Collector, licence: string, vendor: Vendor): void {
  let document: z.infer<typeof Csaf>;
  let resolve: (id: string) => Component | null;
  try {
    document = Csaf.parse(JSON.parse(file.bytes.toString('utf8')));
    resolve = productResolver(document.product_tree ?? {});
  } catch (error) {
    const reason =
      error instanceof z.ZodError
        ? `at ${error.issues[0]?.path.join('.')}`
        : error instanceof Error
          ? error.message
          : '';
    return into.refuse(`${file.name} is no CSAF document: ${reason.slice(0, 200)}`);
  }
  const feed = into.feed(vendor.source, vendor.source, licence);
  into.seen(feed, document.document.tracking.current_release_date);
  let taken = 0;
  for (const vulnerability of document.vulnerabilities ?? []) {
    const rating = document.document.aggregate_severity?.text;
    taken += readVulnerability(vulnerability, document.document.tracking.id, rating, { feed, into, vendor, resolve });
  }
  if (taken === 0) into.skipped += 1;
}

type Context = { feed: CollectedFeed; into: Collector; vendor: Vendor; resolve: (id: string) => Component | null };

function readVulnerability(
  entry: Vulnerability,
  advisory: string,
  rating: string | undefined,
  context: Context,
): number {
  const { product_status: status, cve } = entry;
  if (!cve || !status) return 0;
  const base = {
    ids: [cve],
    aliases: [],
    advisory,
    ...rate(entry, rating, context.vendor.label),
    title: titleOf(entry.title),
  };
  const planned = new Set(
    (entry.remediations ?? [])
      .filter((each) => each.category === 'no_fix_planned')
      .flatMap((each) => each.product_ids ?? []),
  );
  const stands: Standing[] = [
    // SUSE names what to update to `recommended`; `first_fixed` and `fixed` say that a version has it.
    ...each(
      [...(status.fixed ?? []), ...(status.first_fixed ?? []), ...(status.recommended ?? [])],
      () => 'affected',
      true,
      context,
    ),
    ...each(status.known_affected ?? [], (id) => (planned.has(id) ? 'will-not-fix' : 'affected'), false, context),
    ...each(status.under_investigation ?? [], () => 'unknown', false, context),
  ];
  const merged = new Map<string, Standing>();
  for (const one of stands) {
    const key = JSON.stringify([one.ecosystem, one.name, one.module]);
    const before = merged.get(key);
    if (!before) merged.set(key, one);
    // Several updates contain the fix; whoever has the first has it.
    else if (one.fixed !== null && (before.fixed === null || compareVersions('rpm', one.fixed, before.fixed) < 0))
      merged.set(key, one);
  }
  for (const { ecosystem, name, module, status: state, fixed } of merged.values())
    context.into.add(context.feed, ecosystem, name, {
      ...base,
      status: state,
      ranges: [{ from: null, fixed, last: null }],
      ...(module === null ? {} : { module }),
    });
  return merged.size;
}

type Standing = {
  ecosystem: string;
  name: string;
  module: string | null;
  status: AdvisoryRecord['status'];
  fixed: string | null;
};

function* each(
  ids: readonly string[],
  status: (id: string) => AdvisoryRecord['status'],
  isFix: boolean,
  { vendor, resolve }: Context,
): Generator<Standing> {
  for (const id of ids) {
    const component = resolve(id);
    const ecosystem = component && vendor.key(component);
    if (!component || !ecosystem || (isFix && component.version === null)) continue;
    yield {
      ecosystem,
      name: component.name,
      module: component.module,
      status: status(id),
      fixed: isFix ? component.version : null,
    };
  }
}

/** The vendor's own word before the number it gives, and both are named. */
function rate(entry: Vulnerability, aggregate: string | undefined, label: string): Rated {
  const impact = entry.threats?.find((threat) => threat.category === 'impact')?.details ?? aggregate;
  const byVector = rateVectors(
    (entry.scores ?? []).flatMap(({ cvss_v4, cvss_v3, cvss_v2 }) =>
      [cvss_v4, cvss_v3, cvss_v2].flatMap((score) => (score ? [score.vectorString] : [])),
    ),
  );
  const byWord = rateWord(impact, `${label} rating ${impact}`);
  if (byWord && byVector) return { ...byWord, severitySource: `${byWord.severitySource}, ${byVector.severitySource}` };
  return byWord ?? (byVector ? { ...byVector, severitySource: `${label}, ${byVector.severitySource}` } : UNRATED);
}
