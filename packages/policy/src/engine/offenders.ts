/** Remembers which policies brought the engine down, and suspends those that keep doing it. */
const LIMIT = 3;
const WINDOW_MS = 10 * 60_000;
const MAX_REMEMBERED = 1000;

export class Offenders {
  private readonly kills = new Map<string, number[]>();
  private readonly now: () => number;

  /** @param now milliseconds of any clock */
  constructor(now: () => number) {
    this.now = now;
  }

  record(bundle: string, doing: string): void {
    const key = `${bundle} ${doing}`;
    const recent = [...this.recent(key), this.now()];
    this.kills.delete(key);
    this.kills.set(key, recent);
    for (const oldest of this.kills.keys()) {
      if (this.kills.size <= MAX_REMEMBERED) break;
      this.kills.delete(oldest);
    }
  }

  /** True after three kills within ten minutes: the policy counts as violated, without being asked, until they have passed. */
  suspended(bundle: string, doing: string): boolean {
    return this.kills.size > 0 && this.recent(`${bundle} ${doing}`).length >= LIMIT;
  }

  private recent(key: string): number[] {
    const since = this.now() - WINDOW_MS;
    return (this.kills.get(key) ?? []).filter((at) => at > since);
  }
}
