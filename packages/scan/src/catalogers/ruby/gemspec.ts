/** Reads gemspecs as RubyGems writes them when it installs a gem. No Ruby is run. */
import { isVisible } from '../../printable.ts';
import { spdxLicence } from '../licence.ts';
import type { Pinned } from '../lock.ts';
import { plainText } from '../text.ts';

export type Gem = Pinned & { platform: string | null };

const MAX_LINES = 5000;
/** A string of Ruby without anything to be put in: `"x".freeze`, `'x'`, `%q<x>`. */
const STRING = /"((?:[^"\\#]|\\.|#(?!\{))*)"|'([^'\\]*)'|%q[<{(]([^<>{}()]*)[>})]/;

/**
 * RubyGems' summary line, a comment `NAME VERSION PLATFORM PATHS` after a mark of its own, tells all but the licences;
 * older RubyGems wrote none, and then the assignments of the generated form are read. Code that computes its values
 * cannot be read.
 * @returns null for a file that names no gem and version; throws nothing
 * @see rubygems, lib/rubygems/stub_specification.rb and specification.rb, `to_ruby`
 */
export function parseGemspec(content: Buffer): Gem | null {
  const lines = plainText(content).split(/\r?\n/, MAX_LINES);
  const summary = lines
    .slice(0, 20)
    .map((line) => /^# stub: (\S+) (\S+) (\S+)/.exec(line))
    .find((match) => match);
  const fields = readAssignments(lines);
  const name = summary?.[1] ?? fields.get('name')?.[0] ?? '';
  const version = summary?.[2] ?? fields.get('version')?.[0] ?? '';
  if (!isGemName(name) || !isVisible(version) || !/^[0-9]/.test(version)) return null;
  const platform = summary?.[3] ?? fields.get('platform')?.[0] ?? 'ruby';
  const licenses = (fields.get('licenses') ?? fields.get('license') ?? []).slice(0, 10).map(spdxLicence);
  return { name, version, licenses, platform: platform === 'ruby' || !isVisible(platform) ? null : platform };
}

/** @see rubygems, Gem::Specification::VALID_NAME_PATTERN */
export function isGemName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,200}$/.test(name);
}

/** `s.name = "x".freeze`, `s.version = Gem::Version.new("1")`, `s.licenses = ["MIT".freeze, "Ruby".freeze]`. */
function readAssignments(lines: readonly string[]): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const match = /^\s*\w+\.(name|version|platform|licenses?)\s*=\s*(.{1,2000})/.exec(line.slice(0, 2100));
    if (!match?.[1] || match[2] === undefined || fields.has(match[1])) continue;
    const strings: string[] = [];
    for (let rest = match[2]; strings.length < 10; ) {
      const found = STRING.exec(rest);
      if (!found) break;
      strings.push((found[1] ?? found[2] ?? found[3] ?? '').replace(/\\(.)/g, '$1'));
      rest = rest.slice(found.index + found[0].length);
    }
    if (strings.length > 0) fields.set(match[1], strings);
  }
  return fields;
}
