/** The files of a project that say which packages it takes, as they are and as the plan leaves them. */
import { unifiedDiff } from './unified-diff.ts';

/** Where manifests and lock files are read from: a folder, or what an image holds. */
export type ProjectSource = {
  /** Paths of the files that `isProjectFile` names. */
  list(): Promise<readonly string[]>;
  /** UTF-8 text; null where the file is not there or is too large. */
  read(path: string): Promise<string | null>;
};

const NAMES =
  /(?:^|\/)(?:package(?:-lock)?\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|requirements(?:[-_.][\w.-]+)?\.txt|[\w.-]+[-_.]requirements\.txt|requirements\/[\w.-]+\.txt|Pipfile(?:\.lock)?|poetry\.lock|uv\.lock|pdm\.lock|pylock(?:\.[^/.]+)?\.toml|go\.(?:mod|sum)|pom\.xml|gradle\.lockfile)$/;
/** What lies there belongs to packages that somebody else made. */
const INSIDE = /(?:^|\/)(?:node_modules|site-packages|dist-packages|vendor|\.git)\//;

/** Files larger than this are no manifest that a person or tool wrote. */
export const MAX_PROJECT_FILE = 32 * 1024 * 1024;

export const isProjectFile = (path: string): boolean => NAMES.test(path) && !INSIDE.test(path);
/** @returns true for folders in which no project of the user's own is looked for */
export const isForeignFolder = (path: string): boolean => INSIDE.test(`${path}/`);

/** Remembers texts that were read and changed; later changes see earlier ones. */
export class ProjectFiles {
  readonly #source: ProjectSource;
  readonly #before = new Map<string, string | null>();
  readonly #after = new Map<string, string>();

  constructor(source: ProjectSource) {
    this.#source = source;
  }

  list(): Promise<readonly string[]> {
    return this.#source.list();
  }

  async read(path: string): Promise<string | null> {
    const changed = this.#after.get(path);
    if (changed !== undefined) return changed;
    let text = this.#before.get(path);
    if (text === undefined) this.#before.set(path, (text = await this.#source.read(path)));
    return text;
  }

  /** As it was before any change of the plan. */
  async original(path: string): Promise<string | null> {
    await this.read(path);
    return this.#before.get(path) ?? null;
  }

  change(path: string, text: string): void {
    this.#after.set(path, text);
  }

  /** All changes, in the order of the paths; null where there are none. */
  patch(): string | null {
    const parts = [...this.#after]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, after]) => unifiedDiff(path, this.#before.get(path) ?? '', after));
    return parts.join('') || null;
  }
}

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
export const inFolder = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);
