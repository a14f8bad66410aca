/** Reads CISA's catalogue of known exploited vulnerabilities. */
import { z } from 'zod';
import { ScanError } from '../../error.ts';
import type { Collector } from '../collect.ts';
import type { FeedFile } from '../feed-files.ts';
import { titleOf } from '../record.ts';

/** The ecosystem key under which the store keeps the catalogue. */
export const KEV = 'KEV';

/** @see cisa.gov, known_exploited_vulnerabilities_schema.json */
const Catalogue = z.looseObject({
  catalogVersion: z.string(),
  dateReleased: z.string().optional(),
  vulnerabilities: z.array(z.unknown()),
});
const Exploited = z.looseObject({
  cveID: z.string().regex(/^CVE-\d{4}-\d{4,}$/),
  vulnerabilityName: z.string().optional(),
  dateAdded: z.string().optional(),
  knownRansomwareCampaignUse: z.string().optional(),
});

export const kevFile = (name: string): boolean => /\.json(?:\.gz|\.zst)?$/.test(name) && !/schema/.test(name);

/** @throws ScanError `feed-invalid` for what has another shape altogether */
export function readKev(file: FeedFile, into: Collector, licence: string): void {
  let catalogue: z.infer<typeof Catalogue>;
  try {
    catalogue = Catalogue.parse(JSON.parse(file.bytes.toString('utf8')));
  } catch (cause) {
    throw new ScanError('feed-invalid', `${file.name} is no catalogue of known exploited vulnerabilities`, { cause });
  }
  const feed = into.feed('kev', 'kev', licence);
  into.seen(feed, catalogue.dateReleased);
  for (const value of catalogue.vulnerabilities) {
    const entry = Exploited.safeParse(value);
    if (!entry.success) into.refuse(`an entry of ${file.name} has no CVE id`);
    else
      into.add(feed, KEV, entry.data.cveID, {
        added: entry.data.dateAdded ?? null,
        ransomware: entry.data.knownRansomwareCampaignUse === 'Known',
        title: titleOf(entry.data.vulnerabilityName),
      });
  }
}
