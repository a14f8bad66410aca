/** Reads FriendsOfPHP's advisories on Composer packages. */
import { z } from 'zod';
import type { Collector } from '../collect.ts';
import type { FeedFile } from '../feed-files.ts';
import { type AdvisoryRange, namesOf, titleOf } from '../record.ts';
import { UNRATED } from '../severity.ts';
import { parseYaml } from '../yaml.ts';

/** @see github.com/FriendsOfPHP/security-advisories, README; `cve: ~` stands for none */
const Advisory = z.looseObject({
  title: z.string(),
  cve: z.string().nullish(),
  branches: z.record(
    z.string(),
    z.looseObject({ time: z.string().nullish(), versions: z.array(z.string().max(200)).min(1).max(20) }),
  ),
  reference: z.string().regex(/^composer:\/\/[^\s/]+\/[^\s/]+$/),
});

export const phpFile = (name: string): boolean => /(?:^|\/)[^/]+\/[^/]+\/[^/]+\.ya?ml$|^[^/]+\.ya?ml$/.test(name);

export function readPhp(file: FeedFile, into: Collector, licence: string): void {
  try {
    const entry = Advisory.parse(parseYaml(file.bytes));
    const name = entry.reference.slice('composer://'.length).toLowerCase();
    const cve = /^CVE-\d{4}-\d{4,}$/.test(entry.cve ?? '') ? [entry.cve ?? ''] : [];
    // The database gives its entries no ids; the path is what others cite.
    const advisory = `${name}/${(file.name.split('/').at(-1) ?? '').replace(/\.ya?ml$/, '')}`;
    const ranges = Object.values(entry.branches).map(({ versions }) => toRange(versions));
    const feed = into.feed('php', 'php', licence);
    for (const branch of Object.values(entry.branches)) into.seen(feed, branch.time ?? undefined);
    into.add(feed, 'Packagist', name, {
      ...namesOf(advisory, cve),
      advisory,
      status: 'affected',
      ranges,
      ...UNRATED,
      title: titleOf(entry.title),
    });
  } catch (error) {
    into.refuse(`${file.name}: ${(error instanceof Error ? error.message : 'unreadable').slice(0, 200)}`);
  }
}

/** All comparators of a branch hold together. @throws Error for one that cannot be read */
function toRange(comparators: readonly string[]): AdvisoryRange {
  const range: AdvisoryRange = { from: null, fixed: null, last: null };
  for (const text of comparators.flatMap((one) => one.split(','))) {
    const match = /^(>=|<=|>|<|==?)?\s*v?([0-9][0-9A-Za-z.+_-]*)$/.exec(text.trim());
    if (!match?.[2]) throw new Error(`the constraint ${JSON.stringify(text.slice(0, 80))} cannot be read`);
    const [, operator = '=', version] = match;
    if (operator === '>=') range.from = version;
    else if (operator === '>') Object.assign(range, { from: version, after: true });
    else if (operator === '<') range.fixed = version;
    else if (operator === '<=') range.last = version;
    else Object.assign(range, { from: version, last: version });
  }
  return range;
}
