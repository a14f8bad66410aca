/** Reads apt's own configuration: which archives this machine trusts, and by which keys (sources.list(5)). */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseStanzas } from '../control/stanza.ts';
import { ComposeError } from '../error.ts';

/** One archive and suite; `signedBy` is a path, an embedded key block or fingerprints; null means apt's own keyrings. */
export type AptSource = { uri: string; suite: string; components: string[]; signedBy: string | null; from: string };

/**
 * All binary sources in `sources.list` and `sources.list.d`, in apt's order.
 *
 * @throws ComposeError `sources-invalid`, `archive-invalid` (a deb822 file that cannot be parsed)
 */
export async function readAptSources(aptDir: string): Promise<AptSource[]> {
  const folder = join(aptDir, 'sources.list.d');
  const names = (await readdir(folder).catch((): string[] => [])).sort();
  const paths = [
    join(aptDir, 'sources.list'),
    ...names.filter((name) => /^[A-Za-z0-9_.-]+\.(list|sources)$/.test(name)).map((name) => join(folder, name)),
  ];
  const sources: AptSource[] = [];
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text === null) continue;
    sources.push(...parseAptSources(text, path));
  }
  return sources;
}

/** One file of sources, in the form that its name tells. @throws ComposeError as `readAptSources` */
export function parseAptSources(text: string, path: string): AptSource[] {
  return path.endsWith('.sources') ? readDeb822(text, path) : readOneLine(text, path);
}

function readDeb822(text: string, path: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of parseStanzas(text, path)) {
    if (stanza.get('enabled')?.toLowerCase() === 'no' || !words(stanza.get('types')).includes('deb')) continue;
    const signedBy = stanza.get('signed-by')?.trim() || null;
    for (const uri of words(stanza.get('uris'))) {
      for (const suite of words(stanza.get('suites'))) {
        sources.push({ uri, suite, components: words(stanza.get('components')), signedBy, from: path });
      }
    }
  }
  return sources;
}

function readOneLine(text: string, path: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/#.*/, '').trim();
    if (line === '' || line.startsWith('deb-src')) continue;
    const match = /^deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*(.*)$/.exec(line);
    if (!match?.[2] || !match[3]) {
      throw new ComposeError('sources-invalid', `${path}, line ${index + 1}: not a source that can be read`);
    }
    const signedBy = /(?:^|\s)signed-by=(\S+)/.exec(match[1] ?? '')?.[1]?.replaceAll(',', ' ') ?? null;
    sources.push({ uri: match[2], suite: match[3], components: words(match[4]), signedBy, from: path });
  }
  return sources;
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter(Boolean);
}
