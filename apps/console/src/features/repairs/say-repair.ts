/** What a repair amounts to: its sentence, its sums, and rows over all platforms. */
import type { Repair, RepairFinding, RepairResult, RepairSummary } from '@pratique/contract';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { shortDigest } from '../../format/digest.ts';
import type { Format } from '../../format/format.ts';

/** `web/shop:1.0`; by its digest where no tag was named. */
export function imageOf({ repository, digest, tag }: Pick<RepairSummary, 'repository' | 'digest' | 'tag'>): string {
  return tag === null ? `${repository}@${shortDigest(digest)}` : `${repository}:${tag}`;
}

type Told = Pick<RepairSummary, 'state' | 'mode' | 'error' | 'upgraded' | 'left' | 'repaired'>;

/** In one sentence: what is awaited, why it failed, or what came of it. */
export function sayRepair(repair: Told, text: Catalogue['repairs'], { number }: Pick<Format, 'number'>): string {
  const { state, mode, error, upgraded, left, repaired } = repair;
  if (state === 'failed') return (mode === 'preview' ? text.previewFailed : text.failed)(error ?? '');
  if (state !== 'done') return text.progress[state];
  if (repaired === null) return left === 0 ? text.nothing : text.nothingLeft(number(left));
  return (mode === 'preview' ? text.would : text.did)(number(upgraded), number(left));
}

/** Bytes and files of the packages, and bytes of the layers that they make. */
export function sumsOf(platforms: Repair['platforms']): { packages: number; files: number; layers: number } {
  const results = platforms.flatMap(({ result }) => result ?? []);
  const upgraded = results.flatMap((result) => result.upgraded);
  return {
    packages: upgraded.reduce((sum, one) => sum + one.size, 0),
    files: upgraded.reduce((sum, one) => sum + one.files, 0),
    layers: results.reduce((sum, { layer }) => sum + (layer?.size ?? 0), 0),
  };
}

/** A row of a list of results, with the platform that it is of. */
export type OnPlatform<T> = T & { platform: string };

/** Rows of all platforms one after another; the platform is named where there are several. */
export function rowsOf<T extends object>(
  platforms: Repair['platforms'],
  read: (result: RepairResult) => readonly T[],
): OnPlatform<T>[] {
  const several = platforms.length > 1;
  return platforms.flatMap(({ digest, os, architecture, result }) => {
    const named = [os, architecture].filter((part) => part !== '').join('/');
    const platform = several ? named || shortDigest(digest) : '';
    return result ? read(result).map((row) => ({ ...row, platform })) : [];
  });
}

/** Those that somebody could do something about first: with a version on offer, then by name. */
export function inOrderOfLeft<T extends { name: string; candidate: string | null }>(left: readonly T[]): T[] {
  return left.toSorted(
    (a, b) =>
      Number(a.candidate === null) - Number(b.candidate === null) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}

export type Outcome = 'new' | 'remaining' | 'gone';
export type FindingRow = RepairFinding & { outcome: Outcome };

/** What is worse stands first: what the repair brings, then what it does not clear. */
export function findingsOf(repair: Pick<Repair, Outcome>): FindingRow[] {
  return (['new', 'remaining', 'gone'] as const).flatMap((outcome) =>
    repair[outcome].map((finding) => ({ ...finding, outcome })),
  );
}

type Known = Pick<RepairSummary, 'id' | 'digest' | 'repaired' | 'mode' | 'state'>;

/** Of the repairs of an image, newest first: the newest that made another image of it, and the one that made it. */
export function linksOf<T extends Known>(repairs: readonly T[], digest: string): { as: T | null; from: T | null } {
  const made = repairs.filter((one) => one.mode === 'repair' && one.state === 'done' && one.repaired !== null);
  return {
    as: made.find((one) => one.digest === digest && one.repaired !== digest) ?? null,
    from: made.find((one) => one.repaired === digest && one.digest !== digest) ?? null,
  };
}
