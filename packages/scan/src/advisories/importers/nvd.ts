/** Reads NVD's records, for scores only: which products are affected is left to those who ship them. */
import { z } from 'zod';
import type { Collector } from '../collect.ts';
import { NVD } from '../ecosystems.ts';
import type { FeedFile } from '../feed-files.ts';
import { rateVectors } from '../severity.ts';

const Metric = z.looseObject({
  type: z.string().optional(),
  source: z.string().optional(),
  cvssData: z.looseObject({ vectorString: z.string().max(400) }),
});
const Metrics = z.array(Metric).max(100).optional().catch(undefined);
/** @see csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema */
const Cve = z.looseObject({
  id: z.string().regex(/^CVE-\d{4}-\d{4,}$/),
  vulnStatus: z.string().optional(),
  cveTags: z
    .array(z.looseObject({ tags: z.array(z.string()).optional() }))
    .optional()
    .catch(undefined),
  metrics: z
    .looseObject({ cvssMetricV40: Metrics, cvssMetricV31: Metrics, cvssMetricV30: Metrics, cvssMetricV2: Metrics })
    .optional()
    .catch(undefined),
});
const Answer = z.looseObject({ timestamp: z.string().optional(), vulnerabilities: z.array(z.unknown()) });
const Entry = z.looseObject({ cve: z.unknown() });

export const nvdFile = (name: string): boolean => /\.json(?:\.gz|\.zst)?$/.test(name);

/** Each year is a feed of its own, so that the yearly files may come one by one. */
export function readNvd(file: FeedFile, into: Collector, licence: string): void {
  let answer: z.infer<typeof Answer>;
  try {
    answer = Answer.parse(JSON.parse(file.bytes.toString('utf8')));
  } catch {
    return into.refuse(`${file.name} is no answer of NVD's interface, version 2.0`);
  }
  for (const value of answer.vulnerabilities) {
    const entry = Cve.safeParse(Entry.safeParse(value).data?.cve);
    if (!entry.success) {
      into.refuse(`${file.name} has an entry that is no CVE`);
      continue;
    }
    const { id, vulnStatus, cveTags, metrics } = entry.data;
    const standing = /^reject/i.test(vulnStatus ?? '')
      ? 'rejected'
      : cveTags?.some(({ tags }) => tags?.includes('disputed'))
        ? 'disputed'
        : null;
    const rated = rateVectors(vectorsOf(metrics));
    if (!rated && standing === null) {
      into.skipped += 1; // awaits analysis
      continue;
    }
    const feed = into.feed(`nvd:${id.slice(4, 8)}`, 'nvd', licence);
    into.seen(feed, answer.timestamp);
    into.add(feed, `${NVD}:${id.slice(4, 8)}`, id, {
      severity: rated?.severity ?? 'unknown',
      severitySource: rated ? `NVD, ${rated.severitySource}` : null,
      standing,
    });
  }
}

/** NVD's own scores come before those that others gave it. */
function vectorsOf(metrics: z.infer<typeof Cve>['metrics']): string[] {
  const all = [metrics?.cvssMetricV40, metrics?.cvssMetricV31, metrics?.cvssMetricV30, metrics?.cvssMetricV2];
  return all.flatMap((some) =>
    [...(some ?? [])]
      .sort((a, b) => Number(b.type === 'Primary') - Number(a.type === 'Primary'))
      .map((metric) => metric.cvssData.vectorString),
  );
}
