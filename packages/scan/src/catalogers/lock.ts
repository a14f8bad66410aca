/** What a lock file pins, and whether that is installed anyway. */
import { isVisible } from '../printable.ts';
import { spdxLicence } from './licence.ts';

export type Pinned = {
  name: string;
  version: string;
  licenses: string[];
  /** The lock file marks it as needed for development and for nothing else. */
  development?: true;
};

export type LockRead = {
  packages: Pinned[];
  /** Entries that could not be read, in words that name them. */
  problems: string[];
  /** Names that are required without a version: they say what the file is about, not what is there. */
  open?: string[];
};

/** No project pins as many; a file with more is hostile or is none. */
export const MAX_PINNED = 200_000;
const MAX_PROBLEMS = 20;

/** Collects entries of one lock file; what cannot be a package is named instead. */
export class LockEntries {
  readonly read: LockRead = { packages: [], problems: [] };
  readonly #seen = new Map<string, Pinned>();
  readonly #isName: (name: string) => boolean;
  #problems = 0;

  constructor(isName: (name: string) => boolean) {
    this.#isName = isName;
  }

  /**
   * @param label what the entry is called in the file, for the problem that names it
   * @param development what another entry of the same package does not say does not count
   */
  add(
    name: unknown,
    version: unknown,
    licenses: readonly string[] = [],
    label: unknown = name,
    development = false,
  ): void {
    if (typeof name !== 'string' || typeof version !== 'string' || !this.#isName(name) || !isVisible(version))
      return this.problem(`entry ${quote(label)} has no readable name and version`);
    const key = `${name} ${version}`;
    const before = this.#seen.get(key);
    if (before) {
      if (!development) delete before.development;
      return;
    }
    if (this.#seen.size === MAX_PINNED) return this.problem(`entries beyond ${MAX_PINNED} were left out`);
    const pinned: Pinned = { name, version, licenses: licenses.slice(0, 10).map(spdxLicence) };
    if (development) pinned.development = true;
    this.#seen.set(key, pinned);
    this.read.packages.push(pinned);
  }

  problem(text: string): void {
    this.#problems += 1;
    if (this.#problems <= MAX_PROBLEMS) this.read.problems.push(text);
    else this.read.problems[MAX_PROBLEMS] = `and ${this.#problems - MAX_PROBLEMS} more entries that cannot be read`;
  }
}

/** A stranger's text, short enough for a sentence. */
export function quote(text: unknown): string {
  return JSON.stringify(typeof text === 'string' ? text.slice(0, 120) : null);
}

/** Names by which a lock file is told to be installed or not: a build may have left out what is for development alone. */
export function runtimeNames(packages: readonly Pinned[]): string[] {
  const needed = packages.filter((each) => !each.development);
  return (needed.length > 0 ? needed : packages).map((each) => each.name);
}

/** Groups of dependencies that tools make for development, by the names that their documentations use. */
const DEVELOPMENT_GROUP = /^(?:dev(?:el|elop|elopment)?|tests?|testing|lint(?:ing|ers?)?|docs?|typing|typecheck|ci)$/i;

/** True for groups that are all of development; a package of no group is needed. */
export function areForDevelopment(groups: readonly unknown[]): boolean {
  return groups.length > 0 && groups.every((each) => typeof each === 'string' && DEVELOPMENT_GROUP.test(each));
}

/**
 * True when at least half of the names that a lock file pins are installed in the image. What is installed then says
 * more than the file: what the file has beyond it are development groups, optional extras and other platforms' parts,
 * which are not there. Environments of Python and Ruby lie far away from the project that they were made for, so that
 * names, not places, say which lock they came from.
 */
export function isInstalled(names: readonly string[], installed: ReadonlySet<string>): boolean {
  let found = 0;
  for (const name of names) if (installed.has(name)) found += 1;
  return found > 0 && found * 2 >= names.length;
}
