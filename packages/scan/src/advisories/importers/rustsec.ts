/** Reads RustSec's advisories in the form of their repository: Markdown with a TOML block in front. */
import { parse } from 'smol-toml';
import { z } from 'zod';
import type { Collector } from '../collect.ts';
import type { FeedFile } from '../feed-files.ts';
import { type AdvisoryRecord, namesOf, titleOf } from '../record.ts';
import { rateVector, UNRATED } from '../severity.ts';
import { rangesOutside } from './cargo-requirement.ts';

const Names = z.array(z.string()).optional();
const Advisory = z.looseObject({
  advisory: z.looseObject({
    id: z.string().regex(/^RUSTSEC-\d{4}-\d{4}$/),
    package: z.string().min(1).max(200),
    date: z.union([z.string(), z.date()]).transform((date) => (typeof date === 'string' ? date : date.toISOString())),
    aliases: Names,
    cvss: z.string().optional(),
    informational: z.string().optional(),
    withdrawn: z.unknown().optional(),
  }),
  versions: z.looseObject({ patched: Names, unaffected: Names }).optional(),
});

export const rustsecFile = (name: string): boolean => /(?:^|\/)RUSTSEC-\d{4}-\d{4}\.md$/.test(name);

/** Reads one advisory. Crates without a maintainer and other notices are no holes and are passed over. */
export function readRustsec(file: FeedFile, into: Collector, licence: string): void {
  const text = file.bytes.toString('utf8');
  const block = /^\s*```toml\r?\n([\s\S]*?)\r?\n```/.exec(text);
  let parsed: z.infer<typeof Advisory>;
  let record: AdvisoryRecord;
  try {
    parsed = Advisory.parse(parse(block?.[1] ?? ''));
    record = toRecord(parsed, text.slice(block?.[0].length ?? 0));
  } catch (error) {
    return into.refuse(
      `${file.name}: ${error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : 'unreadable'}`,
    );
  }
  const { advisory } = parsed;
  if (advisory.withdrawn !== undefined || /^(?:unmaintained|notice)/.test(advisory.informational ?? ''))
    return void (into.skipped += 1);
  const feed = into.feed('rustsec', 'rustsec', licence);
  into.seen(feed, advisory.date);
  into.add(feed, 'crates.io', advisory.package, record);
}

function toRecord({ advisory, versions }: z.infer<typeof Advisory>, body: string): AdvisoryRecord {
  const heading = /^#\s+(.+)$/m.exec(body)?.[1];
  return {
    ...namesOf(advisory.id, advisory.aliases ?? []),
    advisory: advisory.id,
    status: 'affected',
    ranges: rangesOutside([...(versions?.patched ?? []), ...(versions?.unaffected ?? [])]),
    ...(rateVector(advisory.cvss ?? '') ?? UNRATED),
    title: titleOf(heading),
  };
}
