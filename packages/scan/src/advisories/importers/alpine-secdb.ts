/** Reads the security databases of Alpine, Wolfi and Chainguard, JSON or YAML. */
import { z } from 'zod';
import { ScanError } from '../../error.ts';
import type { Collector } from '../collect.ts';
import type { FeedFile } from '../feed-files.ts';
import { type AdvisoryRecord, namesOf } from '../record.ts';
import { UNRATED } from '../severity.ts';
import { parseYaml } from '../yaml.ts';

/** @see secdb.alpinelinux.org; a package without fixes has `secfixes: {}` or null */
const SecDb = z.looseObject({
  /** Wolfi and Chainguard have one rolling release, and no version. */
  distroversion: z
    .string()
    .regex(/^(?:v[0-9]+\.[0-9]+|edge)$/)
    .optional(),
  urlprefix: z.string().max(500).optional(),
  reponame: z.string().max(100).optional(),
  /** A repository without any fix says nothing here. */
  packages: z
    .array(
      z.looseObject({
        pkg: z.looseObject({
          name: z.string().min(1),
          secfixes: z.record(z.string(), z.array(z.string()).nullable()).nullish(),
        }),
      }),
    )
    .nullable()
    .transform((all) => all ?? []),
});

/** `CVE-2019-1, XSA-182, GHSA-...`: capital letters, a dash, and something with a digit in it. */
const ID = /^(?:[A-Z][A-Za-z]*|wnpa|rustsec)(?:-[A-Za-z0-9]+)*-?[0-9][A-Za-z0-9-]*$/;

export const alpineFile = (name: string): boolean => /\.(?:json|ya?ml)(?:\.gz|\.zst)?$/.test(name);

/** @throws ScanError `feed-invalid` for what has another shape altogether */
export function readAlpineSecDb(file: FeedFile, into: Collector, licence: string): void {
  let document: z.infer<typeof SecDb>;
  try {
    document = SecDb.parse(
      /\.ya?ml$/.test(file.name) ? parseYaml(file.bytes) : JSON.parse(file.bytes.toString('utf8')),
    );
  } catch (cause) {
    throw new ScanError('feed-invalid', `${file.name} is no Alpine security database`, { cause });
  }
  const place = placeOf(document);
  if (!place)
    throw new ScanError(
      'feed-invalid',
      `${file.name} is no Alpine security database: it does not say of which distribution it is`,
    );
  const { ecosystem } = place;
  const feed = into.feed(place.feed, place.source, licence);
  for (const { pkg } of document.packages) {
    for (const [version, lines] of Object.entries(pkg.secfixes ?? {})) {
      for (const line of lines ?? []) {
        const records = toRecords(version, line);
        // Wolfi also writes ids of GitHub's for holes without a CVE, and `0` for what never was in the package.
        if (version === '0')
          into.skipped += 1; // the package was never affected
        else if (records.length === 0) into.skipped += 1; // free text
        for (const record of version === '0' ? [] : records) into.add(feed, ecosystem, pkg.name, record);
      }
    }
  }
}

/** Wolfi's and Chainguard's databases are told apart by where their packages are. */
function placeOf({ distroversion, reponame, urlprefix }: z.infer<typeof SecDb>) {
  if (distroversion)
    return {
      ecosystem: `Alpine:${distroversion}`,
      feed: `alpine:${distroversion}/${reponame ?? 'main'}`,
      source: 'alpine',
    };
  if (/wolfi/.test(urlprefix ?? '')) return { ecosystem: 'Wolfi', feed: 'wolfi', source: 'wolfi' };
  if (/chainguard|cgr\.dev/.test(urlprefix ?? ''))
    return { ecosystem: 'Chainguard', feed: 'chainguard', source: 'wolfi' };
  return null;
}

/** A line names one hole by several names, or several CVEs that one change fixed. */
function toRecords(version: string, line: string): AdvisoryRecord[] {
  const names = line.split(/[\s,()]+/).filter((name) => ID.test(name));
  const cves = names.filter((name) => name.startsWith('CVE-'));
  const others = names.filter((name) => !name.startsWith('CVE-'));
  const heads = cves.length > 0 ? cves : others.slice(0, 1);
  return heads.map((head) => {
    const { ids, aliases } = namesOf(head, others);
    return {
      ids,
      aliases,
      advisory: head,
      status: 'affected',
      ranges: [{ from: null, fixed: version, last: null }],
      ...UNRATED,
      title: null,
    };
  });
}
