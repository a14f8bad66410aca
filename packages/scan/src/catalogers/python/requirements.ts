/** Reads requirements.txt: the versions that it pins, and by name what it leaves open. */
import { LockEntries, type LockRead, MAX_PINNED } from '../lock.ts';
import { plainText } from '../text.ts';
import { isPypiName } from './metadata.ts';

const MAX_NAMED = 10;
/** A requirement with the hashes of a hundred files; what lies beyond is hashes. */
const MAX_LINE = 10_000;

/**
 * Only `==` and `===` with a whole version pin. Options, comments and hashes say nothing of packages; `-r` names a
 * file that is read by itself. Everything else is counted in one sentence that names the first few.
 * @see pip documentation, "Requirements File Format"; PyPA specifications, "Dependency specifiers" (PEP 508)
 */
export function parseRequirements(content: Buffer): LockRead {
  const entries = new LockEntries(isPypiName);
  const open: string[] = [];
  const names: string[] = [];
  let count = 0;
  for (const line of plainText(content)
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)) {
    const text = line
      .slice(0, MAX_LINE)
      .replace(/(?:^|\s)#.*$/, '')
      .trim()
      .replace(/\s+/g, ' ');
    if (text === '' || /^-(?!e\b|-editable\b)/.test(text)) continue;
    const match = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?\s*(.*)$/.exec(text);
    const pin = /^={2,3}\s*([^\s,;*()]+)\s*\)?\s*(?:;.*|--hash.*|\s--.*)?$/.exec(match?.[2] ?? '');
    if (match?.[1] && pin?.[1]) entries.add(match[1], pin[1]);
    else {
      count += 1;
      if (open.length < MAX_NAMED) open.push((match?.[1] ?? text).slice(0, 60));
      if (match?.[1] && isPypiName(match[1]) && names.length < MAX_PINNED) names.push(match[1]);
    }
  }
  if (count > 0)
    entries.problem(
      `${count} ${count === 1 ? 'requirement is' : 'requirements are'} not pinned to one version: ${open.join(', ')}${count > open.length ? ', ...' : ''}`,
    );
  return { ...entries.read, open: names };
}
