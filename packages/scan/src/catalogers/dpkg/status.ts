/** Parses dpkg's status file and the one-package files of status.d. */
import { isUtf8 } from 'node:buffer';
import { isVisible } from '../../printable.ts';

export type DpkgRecord = {
  name: string;
  version: string;
  sourceName: string;
  sourceVersion: string;
  architecture: string | null;
};

export type DpkgStatus = {
  packages: DpkgRecord[];
  /** Records that could not be read, in words that name them. */
  problems: string[];
};

const FIELDS = new Set(['package', 'version', 'source', 'architecture', 'status']);
const NAME = /^[A-Za-z0-9][A-Za-z0-9+.-]*$/;

/**
 * Reads all packages whose files are there. A record that cannot be read is named and the others are kept.
 * @see dpkg(1), "Package states"; deb822(5)
 */
export function parseStatus(content: Buffer): DpkgStatus {
  const text = isUtf8(content) ? content.toString('utf8') : content.toString('latin1');
  const result: DpkgStatus = { packages: [], problems: [] };
  let number = 0;
  for (const paragraph of text.split(/\n(?:[ \t\r]*\n)+/)) {
    if (paragraph.trim() === '') continue;
    number += 1;
    const { fields, bad } = readFields(paragraph);
    const name = fields.get('package');
    const label = `record ${number}${name ? ` (${name.slice(0, 80)})` : ''}`;
    if (bad !== null)
      result.problems.push(`${label} has the line ${JSON.stringify(bad.slice(0, 80))}, which is no field`);
    if (!isPresent(fields.get('status'))) continue;
    const record = toRecord(fields);
    if (record) result.packages.push(record);
    else result.problems.push(`${label} has no readable name and version`);
  }
  // dpkg always ends the file with a line feed; without one the last record may lack anything.
  if (text !== '' && !text.endsWith('\n')) result.problems.push(`the file ends in the middle of record ${number}`);
  return result;
}

/** A package without files (not-installed, config-files) is not there; status.d has no Status field. */
function isPresent(status: string | undefined): boolean {
  if (status === undefined) return true;
  const state = status.split(/\s+/)[2];
  return state !== 'not-installed' && state !== 'config-files';
}

function readFields(paragraph: string): { fields: Map<string, string>; bad: string | null } {
  const fields = new Map<string, string>();
  let bad: string | null = null;
  for (const line of paragraph.split('\n')) {
    const first = line[0];
    if (first === undefined || first === ' ' || first === '\t' || first === '#') continue; // a continuation, or a comment
    const colon = line.indexOf(':');
    if (colon <= 0) bad ??= line;
    else {
      const name = line.slice(0, colon).toLowerCase();
      if (FIELDS.has(name)) fields.set(name, line.slice(colon + 1).trim());
    }
  }
  return { fields, bad };
}

function toRecord(fields: Map<string, string>): DpkgRecord | null {
  const name = fields.get('package') ?? '';
  const version = fields.get('version') ?? '';
  if (!NAME.test(name) || !isVisible(version)) return null;
  // `Source: name (version)`: the version is there only where it differs, as for rebuilds.
  const source = /^(\S+?)(?:\s+\(([^)\s]+)\))?$/.exec(fields.get('source') ?? '');
  return {
    name,
    version,
    sourceName: source?.[1] ?? name,
    sourceVersion: source?.[2] ?? version,
    architecture: fields.get('architecture') || null,
  };
}
