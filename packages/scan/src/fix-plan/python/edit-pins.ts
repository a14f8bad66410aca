/** Finds pins of Python packages in text files, and writes another version with its hashes. */
import { pypiName } from '../../catalogers/purl.ts';
import { asObject } from '../../catalogers/text.ts';
import { openJson } from '../npm/edit-lock.ts';

export type Pins = {
  /** Versions by normalised name. */
  versions: ReadonlyMap<string, string>;
  /** True where downloads are checked by hashes, so that new ones are needed. */
  hashed(name: string): boolean;
  /** The text with the other version; null where it cannot be changed. @param hashes SHA-256, in hexadecimal */
  change(name: string, version: string, hashes: readonly string[]): string | null;
};

/** A logical line: requirement, version, and what follows with its continuation lines. */
const PIN =
  /^([ \t]{0,50})([A-Za-z0-9][A-Za-z0-9._-]{0,200})([ \t]{0,50}(?:\[[^\]\n]{0,500}\])?[ \t]{0,50}={2,3}[ \t]{0,50})([^\s,;*()#\\]{1,200})((?:\\\r?\n|[^\n])*)/gm;
const HASH = /((?:[ \t]{0,50}\\\r?\n[ \t]{0,50}|[ \t]{1,50}))--hash=sha(?:256|384|512):[0-9a-f]+/g;

/** @see pip documentation, "Requirements File Format", "Hash-checking Mode" */
export function readRequirementPins(text: string): Pins {
  const found = [...text.matchAll(PIN)].map(([whole, lead = '', name = '', between = '', version = '', rest = '']) => ({
    whole,
    lead,
    name,
    between,
    version,
    rest,
  }));
  const of = (name: string) => found.filter((one) => pypiName(one.name) === pypiName(name));
  return {
    versions: new Map(found.map((one) => [pypiName(one.name), one.version])),
    // One hash in the file, and pip asks for those of all.
    hashed: () => /--hash=|^\s*--require-hashes\b/m.test(text),
    change: (name, version, hashes) => {
      const [pin, ...more] = of(name);
      if (!pin || more.length > 0) return null;
      const rest = withHashes(pin.rest, hashes);
      const at = text.indexOf(pin.whole);
      return rest === null
        ? null
        : `${text.slice(0, at)}${pin.lead}${pin.name}${pin.between}${version}${rest}${text.slice(at + pin.whole.length)}`;
    },
  };
}

function withHashes(rest: string, hashes: readonly string[]): string | null {
  const old = [...rest.matchAll(HASH)];
  const first = old[0];
  const last = old.at(-1);
  if (!first || !last) return rest;
  if (hashes.length === 0) return null;
  const written = [...hashes].sort().map((hash) => `${first[1] ?? ' '}--hash=sha256:${hash}`);
  return rest.slice(0, first.index) + written.join('') + rest.slice(last.index + last[0].length);
}

/** @returns null for what is no Pipfile.lock that would be written back as it is. @see pipenv documentation, "Pipfile.lock" */
export function readPipfilePins(text: string): Pins | null {
  const opened = openJson(text);
  if (!opened || opened.value['_meta'] === undefined) return null;
  const groups = Object.entries(opened.value).filter(([group]) => group !== '_meta');
  const versions = new Map<string, string>();
  for (const [, packages] of groups)
    for (const [name, value] of Object.entries(asObject(packages))) {
      const { version } = asObject(value);
      if (typeof version === 'string') versions.set(pypiName(name), version.replace(/^={2,3}/, ''));
    }
  return {
    versions,
    hashed: () => true,
    change: (name, version, hashes) => {
      if (hashes.length === 0) return null;
      const copy = structuredClone(opened.value) as Record<string, Record<string, Record<string, unknown>>>;
      for (const [group] of groups)
        for (const [own, value] of Object.entries(asObject(copy[group])))
          if (pypiName(own) === pypiName(name))
            Object.assign(asObject(value), {
              hashes: [...hashes].sort().map((hash) => `sha256:${hash}`),
              version: `==${version}`,
            });
      return opened.write(copy);
    },
  };
}
