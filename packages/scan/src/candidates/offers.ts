/** Gathers what the suites of one release offer: of each package the highest version, as apt chooses. */
import { ScanError } from '../error.ts';
import { compareVersions } from '../versions/compare.ts';
import type { Candidate, Target } from './candidate.ts';
import { readPackages } from './read-packages.ts';

/** A suite as it was read; the date is that of its release file, ISO 8601. */
export type SuiteState = { name: string; date: string | null };

export class Offers {
  readonly target: Target;
  readonly packages = new Map<string, Candidate>();
  readonly suites: SuiteState[] = [];
  /** Stanzas that could not be read, the first few in words. */
  invalid = 0;
  readonly problems: string[] = [];

  constructor(target: Target) {
    this.target = target;
  }

  /**
   * Adds an index of a suite. Suites count alike, as they do for apt at its default priorities (apt_preferences(5)), so
   * the highest version wins; of equal ones the first stays.
   *
   * @param bytes the Packages file, unpacked; null where the suite has none of this architecture
   * @throws ScanError `feed-limit`
   */
  add(suite: SuiteState, bytes: Buffer | null, origin: string): void {
    if (!this.suites.some((known) => known.name === suite.name)) this.suites.push(suite);
    if (bytes === null) return;
    const refuse = (problem: string): void => {
      this.invalid += 1;
      if (this.problems.length < 10) this.problems.push(problem);
    };
    for (const { name, architecture, ...offered } of readPackages(bytes, origin, refuse)) {
      if (architecture !== 'all' && architecture !== this.target.architecture) {
        refuse(`${name} of ${origin} is built for ${architecture}`);
        continue;
      }
      const before = this.packages.get(name);
      if (before && compareVersions('deb', before.version, offered.version) >= 0) continue;
      this.packages.set(name, { ...offered, suite: suite.name });
    }
  }

  /** Newest date of its suites: when the archive last said something; null where no date is known. */
  get date(): string | null {
    const dates = this.suites.flatMap((suite) => suite.date ?? []).sort();
    return dates.at(-1) ?? null;
  }

  /** @throws ScanError `feed-invalid` for what is no index of packages */
  requireSound(): void {
    const { id, release, architecture } = this.target;
    const what = `what ${id} ${release} offers for ${architecture}`;
    if (this.packages.size === 0)
      throw new ScanError('feed-invalid', `${what} is not known: ${this.problems[0] ?? 'no package is listed'}`);
    if (this.invalid > 1 && this.invalid > this.packages.size / 20)
      throw new ScanError(
        'feed-invalid',
        `${what} is damaged: ${this.invalid} stanzas cannot be read, first ${this.problems.slice(0, 3).join('; ')}`,
      );
  }
}
