/** Reads a verified release file: what suite it is, when it holds, and the hashes of the indexes. */
import { parseStanza, requiredField } from '../control/stanza.ts';
import { ComposeError } from '../error.ts';
import type { Expected } from './download.ts';

export type Release = {
  suite: string | null;
  /** `Debian`, `Debian-Security`, `12.5`: what preferences may pin by. */
  origin: string | null;
  label: string | null;
  version: string | null;
  codename: string | null;
  date: Date;
  validUntil: Date | null;
  acquireByHash: boolean;
  /** Backports and experimental: apt takes nothing from there unless it is told to (apt_preferences(5)). */
  notAutomatic: boolean;
  components: string[];
  /** Path below the suite's folder to hash and size. */
  files: Map<string, Expected>;
};

/** How far the archive's clock may be ahead of ours, in milliseconds. */
const CLOCK_SKEW = 10 * 60 * 1000;
const MAX_FILES = 200_000;

/**
 * Parses the signed text and decides whether it may be used now.
 *
 * @param wanted the suite or codename that was asked for
 * @param options `allowExpired` reads what is past its Valid-Until: a copy whose age is known and shown
 * @throws ComposeError `release-mismatch` (another suite), `release-expired` (past Valid-Until, or from the future)
 * @see Debian repository format, "Release files"
 */
export function readRelease(
  text: string,
  wanted: string,
  now: Date,
  origin: string,
  options: { allowExpired?: boolean } = {},
): Release {
  const stanza = parseStanza(text, origin);
  const suite = stanza.get('suite') ?? null;
  const codename = stanza.get('codename') ?? null;
  if (wanted !== suite && wanted !== codename) {
    throw new ComposeError('release-mismatch', `${origin} is of suite ${suite} (${codename}); ${wanted} was asked for`);
  }
  const date = readDate(requiredField(stanza, 'date', origin), origin);
  const until = stanza.get('valid-until');
  const validUntil = until === undefined ? null : readDate(until, origin);
  if (date.getTime() > now.getTime() + CLOCK_SKEW) {
    throw new ComposeError(
      'release-expired',
      `${origin} is dated ${date.toISOString()}, after now (${now.toISOString()})`,
    );
  }
  if (!options.allowExpired && validUntil && validUntil.getTime() < now.getTime()) {
    throw new ComposeError(
      'release-expired',
      `${origin} was valid until ${validUntil.toISOString()}; now is ${now.toISOString()}`,
    );
  }
  return {
    suite,
    origin: stanza.get('origin') ?? null,
    label: stanza.get('label') ?? null,
    version: stanza.get('version') ?? null,
    codename,
    date,
    validUntil,
    acquireByHash: stanza.get('acquire-by-hash')?.toLowerCase() === 'yes',
    notAutomatic: stanza.get('notautomatic')?.toLowerCase() === 'yes',
    components: (stanza.get('components') ?? '').split(/\s+/).filter(Boolean),
    files: readFiles(requiredField(stanza, 'sha256', origin), origin),
  };
}

function readDate(text: string, origin: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()) || !/(UTC|GMT|[+-]0000)$/.test(text)) {
    throw new ComposeError('archive-invalid', `${origin}: not a date in UTC: ${text.slice(0, 60)}`);
  }
  return date;
}

function readFiles(field: string, origin: string): Map<string, Expected> {
  const files = new Map<string, Expected>();
  for (const line of field.split('\n')) {
    if (line.trim() === '') continue;
    const match = /^\s*([a-f0-9]{64})\s+(\d{1,12})\s+(\S+)$/.exec(line);
    if (!match?.[1] || !match[2] || !match[3]) {
      throw new ComposeError('archive-invalid', `${origin}: not a line of hashes: ${line.slice(0, 120)}`);
    }
    if (files.size >= MAX_FILES)
      throw new ComposeError('archive-invalid', `${origin} lists more than ${MAX_FILES} files`);
    files.set(match[3], { sha256: match[1], size: Number(match[2]) });
  }
  return files;
}
