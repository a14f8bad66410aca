/** Reads go.mod, go.sum and vendor/modules.txt: what a module that lies there as source needs. */
import { LockEntries, type LockRead } from '../lock.ts';
import { plainText } from '../text.ts';

export type GoMod = {
  module: string;
  /** True where go.mod names all that is built, indirect requirements too: `go 1.17` and later. */
  complete: boolean;
  read: LockRead;
};

type Replacement = { path: string; version: string };

/** @returns null for what names no module. @see go.dev/ref/mod#go-mod-file */
export function parseGoMod(content: Buffer): GoMod | null {
  let module = '';
  let go = [0, 0];
  let block = '';
  const required = new Map<string, { path: string; version: string }>();
  const replaced = new Map<string, Replacement>();
  const entries = new LockEntries(isModulePath);
  for (const line of plainText(content).split('\n')) {
    const words = line
      .replace(/\/\/.*$/, '')
      .trim()
      .split(/\s+/)
      .map(unquote);
    if (words[0] === '') continue;
    if (block !== '' && words[0] === ')') {
      block = '';
      continue;
    }
    if (block === '' && words[1] === '(' && words.length === 2) {
      block = words[0] ?? '';
      continue;
    }
    const directive = block === '' ? words.shift() : block;
    const [first = '', second = ''] = words;
    if (directive === 'module') module = first;
    else if (directive === 'go') go = first.split('.').map(Number);
    else if (directive === 'require') required.set(first, { path: first, version: second });
    else if (directive === 'replace') {
      const arrow = words.indexOf('=>');
      if (arrow > 0)
        replaced.set(words.slice(0, arrow).join(' '), {
          path: words[arrow + 1] ?? '',
          version: words[arrow + 2] ?? '',
        });
    }
  }
  if (!isModulePath(module)) return null;
  for (const { path, version } of required.values()) {
    const other = replaced.get(`${path} ${version}`) ?? replaced.get(path);
    // A replacement by a directory is source that lies in the image, of no version.
    if (!other) entries.add(path, version, [], path);
    else if (other.version !== '') entries.add(other.path, other.version, [], path);
  }
  const [major = 0, minor = 0] = go;
  return { module, complete: major > 1 || (major === 1 && minor >= 17), read: entries.read };
}

/** Modules whose content is hashed; those of which only go.mod is were looked at, and are not built. */
export function parseGoSum(content: Buffer): LockRead {
  const entries = new LockEntries(isModulePath);
  for (const line of plainText(content).split('\n')) {
    const [path = '', version = '', hash] = line.trim().split(/\s+/);
    if (hash?.startsWith('h1:') && !version.endsWith('/go.mod')) entries.add(path, version);
  }
  return entries.read;
}

/** What `go mod vendor` copied: exactly what is built. @see go.dev/ref/mod#vendoring */
export function parseVendored(content: Buffer): LockRead {
  const entries = new LockEntries(isModulePath);
  let pending: (() => void) | null = null;
  for (const line of plainText(content).split('\n')) {
    if (line.startsWith('# ')) {
      pending = null;
      const words = line.slice(2).trim().split(/\s+/);
      const arrow = words.indexOf('=>');
      const [path, version] = arrow < 0 ? words : words.slice(arrow + 1);
      // Replacements that nothing is copied of are listed at the end, without a version of their own.
      if (path !== undefined && version !== undefined) pending = () => entries.add(path, version);
    } else if (pending && line !== '' && !line.startsWith('#')) {
      pending();
      pending = null;
    }
  }
  return entries.read;
}

/** @see go.dev/ref/mod#go-mod-file-ident */
export function isModulePath(path: string): boolean {
  return path.length <= 500 && /^[A-Za-z0-9][A-Za-z0-9._~!+-]*(?:\/[A-Za-z0-9._~!+-]+)*$/.test(path);
}

function unquote(word: string): string {
  return /^(["`]).*\1$/.test(word) && word.length >= 2 ? word.slice(1, -1) : word;
}
