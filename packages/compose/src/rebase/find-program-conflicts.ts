/** Programs of the application that would no longer start: loaders, libraries, symbol versions, interpreters. */
import type { RebaseConflict } from '@pratique/contract';
import type { Tree } from '../files/tree.ts';
import type { RebaseTrees } from './changes.ts';
import { type ElfLinks, readElfLinks } from './elf.ts';

const MAX_PROGRAM = 1024 * 1024 * 1024;
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const LIBRARY_FOLDERS = ['/usr/local/lib', '/lib', '/usr/lib', '/lib64', '/usr/lib64', '/lib32', '/usr/lib32'];

/** @param env of the rebased image: LD_LIBRARY_PATH and PATH count */
export function findProgramConflicts(trees: RebaseTrees, env: ReadonlyMap<string, string>): RebaseConflict[] {
  const before = new Libraries(trees.application, env);
  const after = new Libraries(trees.rebased, env);
  const conflicts: RebaseConflict[] = [...libcConflict(trees), ...pythonConflicts(trees)];
  for (const path of [...trees.own].sort()) {
    const node = trees.application.lfind(path);
    if (node?.kind === 'symlink') {
      if (
        trees.application.find(path) !== null &&
        trees.rebased.lfind(path) !== null &&
        trees.rebased.find(path) === null
      )
        conflicts.push({ kind: 'link', path, detail: `it leads to ${node.target}, which the new base does not have` });
      continue;
    }
    if (node?.kind !== 'file' || node.content.size < 4 || node.content.size > MAX_PROGRAM) continue;
    const executable = (node.mode & 0o111) !== 0;
    // Libraries are often not executable; other files without the right to be run are no programs.
    if (!executable && !/\.so(?:\.|$)|\.node$/.test(path)) continue;
    const bytes = node.content.read();
    if (executable && bytes[0] === 0x23 && bytes[1] === 0x21)
      conflicts.push(...scriptConflict(path, bytes, trees, env));
    const links = readElfLinks(bytes);
    if (links) conflicts.push(...linkConflicts(path, links, before, after));
  }
  return conflicts;
}

function linkConflicts(path: string, links: ElfLinks, before: Libraries, after: Libraries): RebaseConflict[] {
  const conflicts: RebaseConflict[] = [];
  const { interpreter } = links;
  if (interpreter !== null && before.tree.find(interpreter) && !after.tree.find(interpreter)) {
    const detail = `its loader ${interpreter} is not in the new base`;
    return [{ kind: 'interpreter', path, detail }];
  }
  for (const name of links.needed) {
    const then = before.find(name, path, links);
    if (then === null) continue; // it did not start before, or finds it in a way of its own
    const now = after.find(name, path, links);
    if (now === null) {
      conflicts.push({ kind: 'library', path, detail: `it needs ${name}, which the new base does not have` });
      continue;
    }
    const had = before.offers(then);
    const has = after.offers(now);
    const lacking = (links.wants.get(name) ?? []).filter((version) => had.has(version) && !has.has(version));
    if (lacking.length > 0)
      conflicts.push({
        kind: 'symbol-version',
        path,
        detail: `it needs ${lacking.slice(0, 5).join(', ')} of ${name}, which the new base’s ${now} does not have`,
      });
  }
  return conflicts;
}

/** Finds libraries in one tree as the loader does. @see ld.so(8) */
class Libraries {
  readonly tree: Tree;
  readonly #folders: string[];
  readonly #links = new Map<string, ElfLinks | null>();

  constructor(tree: Tree, env: ReadonlyMap<string, string>) {
    this.tree = tree;
    const own = (env.get('LD_LIBRARY_PATH') ?? '').split(':').filter((path) => path.startsWith('/'));
    this.#folders = [
      ...new Set([...own, ...configured(tree), ...LIBRARY_FOLDERS.flatMap((one) => withTriplets(tree, one))]),
    ];
  }

  find(name: string, user: string, links: ElfLinks): string | null {
    const origin = user.slice(0, user.lastIndexOf('/')) || '/';
    const own = links.runPaths.map((path) => path.replace(/\$(?:ORIGIN|\{ORIGIN\})/g, origin));
    const places = name.includes('/') ? [name] : [...own, ...this.#folders].map((folder) => `${folder}/${name}`);
    return places.find((place) => this.#read(place)?.kind === links.kind) ?? null;
  }

  offers(path: string): ReadonlySet<string> {
    return this.#read(path)?.offers ?? new Set();
  }

  #read(path: string): ElfLinks | null {
    let links = this.#links.get(path);
    if (links === undefined) {
      const node = this.tree.find(path);
      links = node?.kind === 'file' && node.content.size <= MAX_PROGRAM ? readElfLinks(node.content.read()) : null;
      this.#links.set(path, links);
    }
    return links;
  }
}

/** `/usr/lib` and `/usr/lib/x86_64-linux-gnu`. */
function withTriplets(tree: Tree, folder: string): string[] {
  const node = tree.find(folder);
  const names = node?.kind === 'directory' ? [...node.entries.keys()] : [];
  return [
    folder,
    ...names.filter((name) => /^[a-z0-9_]+-linux-[a-z0-9]+$/.test(name)).map((name) => `${folder}/${name}`),
  ];
}

/** Folders that ld.so.conf names, and musl's own list. */
function configured(tree: Tree): string[] {
  const texts = [tree.readText('/etc/ld.so.conf') ?? ''];
  for (const folder of ['/etc/ld.so.conf.d', '/etc']) {
    const node = tree.find(folder);
    for (const name of node?.kind === 'directory' ? node.entries.keys() : [])
      if (folder === '/etc' ? /^ld-musl-.*\.path$/.test(name) : name.endsWith('.conf'))
        texts.push((tree.readText(`${folder}/${name}`) ?? '').slice(0, 65_536));
  }
  return texts
    .join('\n')
    .split(/[\n:,\s]+/)
    .filter((word) => word.startsWith('/') && !word.includes('*'));
}

function scriptConflict(
  path: string,
  bytes: Buffer,
  { application, rebased }: RebaseTrees,
  env: ReadonlyMap<string, string>,
): RebaseConflict[] {
  const [program = '', ...rest] = bytes.toString('latin1', 2, 256).split('\n', 1)[0]?.trim().split(/\s+/) ?? [];
  const named = /\/env$/.test(program) ? rest.find((word) => !word.startsWith('-') && !word.includes('=')) : undefined;
  const lookIn = (tree: Tree, what: string) =>
    what.startsWith('/')
      ? tree.find(what) !== null
      : (env.get('PATH') ?? DEFAULT_PATH).split(':').some((folder) => tree.find(`${folder}/${what}`) !== null);
  return [program, ...(named === undefined ? [] : [named])]
    .filter((what) => what !== '' && lookIn(application, what) && !lookIn(rebased, what))
    .map((what) => ({ kind: 'interpreter', path, detail: `its interpreter ${what} is not in the new base` }));
}

function libcConflict({ oldBase, newBase }: RebaseTrees): RebaseConflict[] {
  const [was, is] = [libcOf(oldBase), libcOf(newBase)];
  return was === null || is === null || was === is
    ? []
    : [{ kind: 'libc', path: null, detail: `the old base has ${was}, the new one ${is}` }];
}

function libcOf(tree: Tree): 'glibc' | 'musl' | null {
  for (const folder of ['/lib', '/lib64', '/usr/lib', '/usr/lib64']) {
    const node = tree.find(folder);
    for (const name of node?.kind === 'directory' ? node.entries.keys() : []) {
      if (/^ld-musl-/.test(name)) return 'musl';
      if (/^ld-linux|^ld64\.so/.test(name)) return 'glibc';
    }
  }
  return null;
}

/** Modules lie below a folder of the minor version that they were installed for. */
function pythonConflicts({ own, application, rebased }: RebaseTrees): RebaseConflict[] {
  const minors = new Map<string, string>();
  for (const path of own) {
    const minor = /\/lib(?:64)?\/python(3\.\d+)(?:\/|$)/.exec(path)?.[1];
    if (minor !== undefined && !minors.has(minor)) minors.set(minor, path);
  }
  const has = (tree: Tree, minor: string) =>
    ['/usr/bin', '/usr/local/bin', '/bin'].some((folder) => tree.find(`${folder}/python${minor}`) !== null);
  return [...minors]
    .filter(([minor]) => has(application, minor) && !has(rebased, minor))
    .map(([minor, path]) => ({
      kind: 'python',
      path,
      detail: `it is installed for Python ${minor}, which the new base does not have`,
    }));
}
