/** Reads and changes requirements of go.mod, and lines of go.sum, in place. */
import { compareVersions, isVersion } from '../../versions/compare.ts';

export type Requires = {
  /** `go 1.21`; `1.16` where the file says nothing. */
  go: string;
  toolchain: string | null;
  requires: ReadonlyMap<string, { version: string; indirect: boolean }>;
  /** Modules of which go.mod takes another one, or a folder. */
  replaced: ReadonlySet<string>;
};

/** @see go.dev/ref/mod#go-mod-file */
export function readRequires(text: string): Requires {
  const requires = new Map<string, { version: string; indirect: boolean }>();
  const replaced = new Set<string>();
  let go = '1.16';
  let toolchain: string | null = null;
  let block = '';
  for (const line of text.split('\n').slice(0, 100_000)) {
    const [code = '', comment = ''] = line.split('//', 2);
    const words = code
      .trim()
      .split(/\s+/)
      .map((word) => word.replace(/^(["`])(.*)\1$/, '$2'));
    if (words[0] === '') continue;
    if (block !== '' && words[0] === ')') {
      block = '';
      continue;
    }
    if (block === '' && words[1] === '(') {
      block = words[0] ?? '';
      continue;
    }
    const directive = block === '' ? words.shift() : block;
    const [first = '', second = ''] = words;
    if (directive === 'go' && /^[0-9][0-9a-z.]*$/.test(first)) go = first;
    else if (directive === 'toolchain') toolchain = first.replace(/^go/, '');
    else if (directive === 'replace') replaced.add(first);
    else if (directive === 'require' && isVersion('golang', second))
      requires.set(first, { version: second, indirect: /^\s*indirect\b/.test(comment) });
  }
  return { go, toolchain, requires, replaced };
}

/** Null where the requirement stands there several times, or in a form that is not one line. */
export function withRequirement(text: string, module: string, from: string, to: string): string | null {
  const line = new RegExp(
    `^([ \\t]*(?:require[ \\t]+)?${literal(module)}[ \\t]+)${literal(from)}(?=[ \\t\\r/]|$)`,
    'gm',
  );
  if (text.match(line)?.length !== 1) return null;
  return text.replace(line, (_all, head: string) => `${head}${to}`);
}

export function withGoVersion(text: string, version: string): string | null {
  const line = /^go[ \t]+[0-9][0-9a-z.]*/gm;
  return text.match(line)?.length === 1 ? text.replace(line, `go ${version}`) : null;
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** Lines are `module version hash`, `version/go.mod` for the file alone; put where go itself sorts them. */
export function withSums(text: string, added: readonly string[], dropped: readonly string[]): string {
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const gone = new Set(dropped);
  const kept = lines.filter((line) => !gone.has(line.split(/\s+/).slice(0, 2).join(' ')));
  const there = new Set(kept);
  for (const line of added) {
    if (there.has(line)) continue;
    there.add(line);
    const at = kept.findIndex((other) => compareLines(other, line) > 0);
    kept.splice(at < 0 ? kept.length : at, 0, line);
  }
  return kept.length === 0 ? '' : kept.join(end) + end;
}

function compareLines(a: string, b: string): number {
  const [module = '', version = ''] = a.split(/\s+/);
  const [otherModule = '', otherVersion = ''] = b.split(/\s+/);
  if (module !== otherModule) return module < otherModule ? -1 : 1;
  const [own, other] = [version.replace('/go.mod', ''), otherVersion.replace('/go.mod', '')];
  if (own !== other && isVersion('golang', own) && isVersion('golang', other))
    return compareVersions('golang', own, other) || (version < otherVersion ? -1 : 1);
  return version === otherVersion ? 0 : version < otherVersion ? -1 : 1;
}
