/** Reads an archive's index of binary packages (deb822): name, version, source. The rest of it is passed over. */
import { ScanError } from '../error.ts';
import { isVersion } from '../versions/compare.ts';
import type { Candidate } from './candidate.ts';

export type Offered = Omit<Candidate, 'suite'> & { name: string; architecture: string };

/** The largest public index has about 70,000. */
const MAX_PACKAGES = 1_000_000;
/** Longer than any stanza of an archive: a field that never ends is not looked for. */
const MAX_STANZA = 1024 * 1024;

/** @see Debian policy 5.6.1 */
const NAME = /^[a-z0-9][a-z0-9+.-]{0,199}$/;
const ARCHITECTURE = /^[a-z0-9][a-z0-9-]{0,49}$/;
/** `openssl` or `openssl (3.0.9-1)`. */
const SOURCE = /^(\S{1,200})(?:\s+\((\S{1,200})\))?$/;

/**
 * @param onInvalid told of stanzas that are no package
 * @throws ScanError `feed-limit` for more packages than an archive has
 * @see Debian repository format, "Packages Indices"
 */
export function* readPackages(bytes: Buffer, origin: string, onInvalid: (problem: string) => void): Generator<Offered> {
  // One byte a character: fast to search, and what is taken is ASCII by its form.
  const text = bytes.toString('latin1');
  let count = 0;
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf('\n\n', start);
    if (end < 0) end = text.length;
    const stanza = text.slice(start, Math.min(end, start + MAX_STANZA));
    start = end + 2;
    while (text[start] === '\n') start += 1;
    if (stanza.trim() === '') continue;
    if (++count > MAX_PACKAGES) throw new ScanError('feed-limit', `${origin} lists more than ${MAX_PACKAGES} packages`);
    const found = readStanza(stanza);
    if (found) yield found;
    else onInvalid(`stanza ${count} of ${origin} is no package with a name, a version and an architecture`);
  }
}

function readStanza(stanza: string): Offered | null {
  const [name, version, architecture] = [
    field(stanza, 'Package'),
    field(stanza, 'Version'),
    field(stanza, 'Architecture'),
  ];
  if (name === null || version === null || architecture === null) return null;
  if (!NAME.test(name) || !isVersion('deb', version) || !ARCHITECTURE.test(architecture)) return null;
  const text = field(stanza, 'Source');
  if (text === null) return { name, version, architecture };
  const [, source = '', sourceVersion = version] = SOURCE.exec(text) ?? [];
  if (!NAME.test(source) || !isVersion('deb', sourceVersion)) return null;
  return {
    name,
    version,
    architecture,
    ...(source === name ? {} : { source }),
    ...(sourceVersion === version ? {} : { sourceVersion }),
  };
}

/** A field of one line, which those taken here are; null where it is not there. */
function field(stanza: string, name: string): string | null {
  const at = stanza.startsWith(`${name}: `) ? 0 : stanza.indexOf(`\n${name}: `) + 1;
  if (at === 0 && !stanza.startsWith(`${name}: `)) return null;
  const end = stanza.indexOf('\n', at);
  return stanza.slice(at + name.length + 2, end < 0 ? undefined : end).trim();
}
