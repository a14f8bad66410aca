/** Makes the seed from a folder of upstream feeds: node packages/scan/seed/make.ts FOLDER */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import type { CollectedFeed } from '../src/advisories/collect.ts';
import { debianKey } from '../src/advisories/ecosystems.ts';
import { collectFeed, type FeedSource, type ImportOptions } from '../src/advisories/import.ts';

/** Files stay under this, so that they can be reviewed and hosted anywhere. */
const MAX_FILE = 950_000;

const FEEDS: readonly { source: FeedSource; path: string; options: ImportOptions }[] = [
  { source: 'debian', path: 'debian/security-tracker.json', options: { licence: 'facts from Debian package changelogs', date: '2026-11-20T00:00:00.000Z' } },
  { source: 'osv', path: 'osv-go/osv-go.tar.zst', options: { licence: 'CC-BY-4.0, The Go Authors', date: '2026-08-21T00:00:00.000Z' } },
  { source: 'osv', path: 'osv-pypa/osv-pypa.tar.zst', options: { licence: 'CC-BY-4.0, Python Packaging Advisory Database' } },
  { source: 'osv', path: 'osv-almalinux/osv-almalinux.tar.zst', options: { licence: 'MIT, AlmaLinux OS Foundation' } },
  { source: 'rustsec', path: 'osv-rustsec/osv-rustsec.tar.zst', options: {} },
  { source: 'rubysec', path: 'rubysec/rubysec.tar.zst', options: {} },
  { source: 'php', path: 'php-security-advisories/php-security-advisories.tar.zst', options: {} },
  { source: 'node', path: 'nodejs-security-wg/nodejs-security-wg.tar.zst', options: {} },
  { source: 'kev', path: 'kev/kev.json', options: {} },
];

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: node make.ts FOLDER-OF-FEEDS');
const here = import.meta.dirname;
for (const name of readdirSync(here)) if (name.endsWith('.jsonl.zst')) rmSync(join(here, name));
for (const { source, path, options } of FEEDS) {
  const collected = await collectFeed(source, join(folder, path), options);
  for (const feed of collected.feeds.values()) {
    if (source === 'debian') feed.unread = unreadSources(join(folder, 'debian/coverage.tsv'));
    // A seed that knows little of an ecosystem would only look like coverage of it.
    if (feed.partial.length === 0) writeFeed(feed);
    process.stdout.write(`${feed.name}: ${feed.records} records (${collected.skipped} skipped, ${collected.invalid} invalid) ${collected.problems.join('; ')}\n`);
  }
}

/** Sources with an update in the suite whose changelog was not read: the seed says nothing of them. */
function unreadSources(path: string): Record<string, string[]> {
  const unread: Record<string, string[]> = {};
  for (const line of readFileSync(path, 'utf8').split('\n').slice(1)) {
    const [suite, source, , state] = line.split('\t');
    if (suite && source && state?.startsWith('not read')) (unread[debianKey(suite)] ??= []).push(source);
  }
  return unread;
}

function writeFeed(feed: CollectedFeed): void {
  const { name, source, licence, date, unread } = feed;
  const lines = [...feed.shards].flatMap(([ecosystem, names]) => [...names].map(([key, records]) => JSON.stringify([ecosystem, key, records]))).sort();
  for (let parts = 1; ; parts += 1) {
    const files = Array.from({ length: parts }, (_, at) => {
      const share = lines.slice(Math.floor((lines.length * at) / parts), Math.floor((lines.length * (at + 1)) / parts));
      const header = JSON.stringify({ name, source, licence, date, unread: at === 0 ? unread : {} });
      return zstdCompressSync(Buffer.from(`${[header, ...share].join('\n')}\n`), { params: { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_windowLog]: 25 } });
    });
    if (files.some((file) => file.length > MAX_FILE)) continue;
    for (const [at, file] of files.entries()) writeFileSync(join(here, `${name.replace(':', '-')}${parts > 1 ? `.${at + 1}` : ''}.jsonl.zst`), file);
    return;
  }
}
