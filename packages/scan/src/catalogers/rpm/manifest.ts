/** Reads the list of packages that images without an rpm database carry instead (Azure Linux, CBL-Mariner). */

import type { RpmHeader } from './header.ts';
import { MAX_RECORDS } from './records.ts';

/** Columns of a line, as `rpm --query --queryformat` of the images' build writes them. */
const NAME = 0;
const VERSION_RELEASE = 1;
const EPOCH = 5;
const ARCHITECTURE = 7;
const SOURCE = 9;

/** One package a line, ten columns between tabs. Files are not listed, so that nothing can be said of who owns what. */
export function parseRpmManifest(content: Buffer): { headers: RpmHeader[]; problems: string[] } {
  const headers: RpmHeader[] = [];
  const problems: string[] = [];
  const lines = content.toString('utf8').split('\n');
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') continue;
    if (headers.length >= MAX_RECORDS) {
      problems.push(`lines beyond ${MAX_RECORDS} packages were left out`);
      break;
    }
    const columns = line.split('\t');
    const [version, release] = splitOnce(columns[VERSION_RELEASE] ?? '');
    if (columns.length < 10 || release === '') {
      problems.push(`line ${at + 1} is no package`);
      continue;
    }
    const epoch = columns[EPOCH] ?? '';
    headers.push({
      name: columns[NAME] ?? '',
      version,
      release,
      epoch: /^[0-9]{1,9}$/.test(epoch) ? Number(epoch) : null,
      architecture: known(columns[ARCHITECTURE]),
      sourceRpm: known(columns[SOURCE]),
      license: null,
      module: null,
      files: [],
    });
  }
  return { headers, problems };
}

/** The release has no dash; the version may. */
function splitOnce(text: string): [string, string] {
  const cut = text.lastIndexOf('-');
  return cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut + 1)];
}

function known(text: string | undefined): string | null {
  return text === undefined || text === '' || text === '(none)' ? null : text.trim();
}
