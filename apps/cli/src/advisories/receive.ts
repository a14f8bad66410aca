/** Takes published advisories into a store: verified, never older than what is there, and only what is missing. */
import type { ContentSource } from '@pratique/oci';
import { takeSnapshot } from '@pratique/scan/advisories/artifact';
import { CliError, EXIT } from '../exit.ts';
import { type Origin, readOrigin, writeOrigin } from './origin.ts';
import { readSignedSnapshot, type SignedSnapshot } from './signed-snapshot.ts';

export type Received = {
  outcome: 'updated' | 'current';
  snapshot: string;
  serial: number;
  date: string;
  fingerprint: string;
  /** The key was met for the first time and is trusted from now on. */
  pinned: boolean;
  shards: number;
  fetched: number;
  bytes: number;
};

/**
 * On any failure the store keeps the last good advisories, and says in its origin what went wrong.
 * @param open opened here, so that a place that cannot be reached is noted too
 * @param keyPem of --key; null for the one that was met first
 */
export async function receive(
  dir: string,
  from: string,
  open: () => Promise<{ source: ContentSource; reference: string; close: () => Promise<void> }>,
  keyPem: string | null,
  now: Date,
): Promise<Received> {
  const before = await readOrigin(dir);
  try {
    const place = await open();
    try {
      const signed = await readSignedSnapshot(place.source, place.reference, keyPem ?? before?.keyPem ?? null);
      refuseOlder(signed, before);
      const taken = await takeSnapshot(dir, signed.bytes, signed.shard);
      const { key, serial, date, digest } = signed;
      await writeOrigin(dir, {
        from,
        keyPem: key.pem,
        fingerprint: key.fingerprint,
        serial,
        date,
        receivedAt: now.toISOString(),
        snapshot: digest,
        lastFailure: null,
      });
      return {
        outcome: before?.snapshot === digest && taken.fetched === 0 ? 'current' : 'updated',
        snapshot: digest,
        serial,
        date,
        fingerprint: key.fingerprint,
        pinned: keyPem === null && before === null,
        ...taken,
      };
    } finally {
      await place.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (before)
      await writeOrigin(dir, { ...before, lastFailure: { at: now.toISOString(), error: reason.slice(0, 500) } });
    throw error;
  }
}

/** Who replays old advisories hides what was found since; who signs one serial twice cannot be trusted with either. */
function refuseOlder(signed: SignedSnapshot, before: Origin | null): void {
  if (!before) return;
  if (signed.serial < before.serial)
    throw new CliError(
      EXIT.denied,
      `the advisories are older than those here: serial ${signed.serial} of ${signed.date}, here is ${before.serial} of ${before.date}; they are not taken`,
    );
  if (signed.serial === before.serial && signed.digest !== before.snapshot)
    throw new CliError(
      EXIT.denied,
      `two different sets of advisories claim the serial ${signed.serial}; the one here stays`,
    );
}
