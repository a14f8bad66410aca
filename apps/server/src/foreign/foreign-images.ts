/** What admission knows of images of other registries: trusted ones in memory, kept true by the feed; all else asked of the database. */
import { asSystem, type Db } from '../db/connect.ts';
import type { FeedEvent } from '../feed/follow-feed.ts';
import { askForeign, enqueueExamination, type ForeignKey, type ForeignRow } from './foreign-rows.ts';
import { readTrustPolicy } from './trust-policy-store.ts';

/** As much of a rule as says which names it is about. */
export type NameRule = {
  name: string;
  images: string[];
  except: string[];
  tags: { allow: string[] | null; requireDigest: boolean };
};
export type NamePolicy = { version: number; rules: NameRule[] };

export type ForeignImages = {
  /** null: the account has no trust policy. */
  policy(accountId: string): Promise<NamePolicy | null>;
  /**
   * What is known of a name now; puts it down for examination where that is nothing, or old. Asks no registry.
   * @returns null when the account has too many names already
   */
  ask(key: ForeignKey, policyVersion: number): Promise<ForeignRow | null>;
  apply(events: FeedEvent[]): void;
};

const MAX_REMEMBERED = 20_000;
/** So that the database hears which names are in use, and memory forgets what it was wrong about. */
const REMEMBERED_MS = 60_000;

type Remembered = { row: ForeignRow; until: number };

/** @param isCurrent whether the feed that `apply` is given is up to date; where it is not, memory is not used */
export function createForeignImages(db: Db, isCurrent: () => boolean): ForeignImages {
  const policies = new Map<string, Promise<NamePolicy | null>>();
  const trusted = new Map<string, Remembered>();
  let changes = 0;

  const remembered = (key: string, policyVersion: number): ForeignRow | null => {
    const found = isCurrent() ? trusted.get(key) : undefined;
    if (!found || found.until <= Date.now() || found.row.policyVersion !== policyVersion) return null;
    return found.row;
  };
  const remember = (key: string, row: ForeignRow): void => {
    trusted.delete(key);
    const until = Math.min(Date.now() + REMEMBERED_MS, row.validUntil?.getTime() ?? 0);
    trusted.set(key, { row, until });
    const [oldest] = trusted.keys();
    if (trusted.size > MAX_REMEMBERED && oldest !== undefined) trusted.delete(oldest);
  };

  return {
    policy(accountId) {
      const known = policies.get(accountId);
      if (known && isCurrent()) return known;
      const fresh = asSystem(db, (tx) => readTrustPolicy(tx, accountId)).then((stored) =>
        stored ? { version: stored.version, rules: stored.policy.rules.map(toNameRule) } : null,
      );
      policies.set(accountId, fresh);
      fresh.catch(() => policies.delete(accountId));
      return fresh;
    },
    async ask(key, policyVersion) {
      const id = idOf(key.accountId, key.name, key.reference);
      const known = remembered(id, policyVersion);
      if (known) return known;
      const before = changes;
      const asked = await asSystem(db, async (tx) => {
        const answer = await askForeign(tx, key, policyVersion);
        if (answer?.isDue) await enqueueExamination(tx, key);
        return answer;
      });
      // What was read while something changed may be older than the change.
      if (asked?.row.state === 'trusted' && before === changes) remember(id, asked.row);
      return asked?.row ?? null;
    },
    apply(events) {
      for (const event of events) {
        if (event.type === 'trust-policy.changed') {
          changes += 1;
          policies.delete(event.accountId ?? '');
          trusted.clear();
        } else if (event.type.startsWith('foreign-image.')) {
          changes += 1;
          trusted.delete(idOf(event.accountId ?? '', String(event.data['name']), String(event.data['reference'])));
        }
      }
    },
  };
}

const idOf = (accountId: string, name: string, reference: string) => `${accountId} ${name} ${reference}`;

const toNameRule = (rule: {
  name: string;
  images: string[];
  except: string[];
  tags?: { allow?: string[] | undefined; requireDigest: boolean } | undefined;
}): NameRule => ({
  name: rule.name,
  images: rule.images,
  except: rule.except,
  tags: { allow: rule.tags?.allow ?? null, requireDigest: rule.tags?.requireDigest ?? false },
});
