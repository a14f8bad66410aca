/** Everything stored that decides on images of one account, read together: many cost few more queries than one. */
import type { Tx } from '../db/connect.ts';
import { type PlatformManifest, platformsOf } from '../inventory/platforms.ts';
import type { Repository } from '../registry/cache.ts';
import { type Revocation, type Revocations, readRevocations } from '../revocation/read-revocation.ts';
import { type Facts, readFacts } from './read-facts.ts';
import { type FoundContents, readReviewContents } from './read-review-contents.ts';
import { type ReviewFinding, readReviewFindings } from './read-review-findings.ts';

export type Subject = { repository: Repository; digest: string };

export type PlatformFacts = Facts & {
  platform: PlatformManifest;
  /** Empty where nothing was scanned. */
  findings: ReviewFinding[];
  /** Null where they were not examined. */
  contents: FoundContents | null;
  revocation: Revocation | null;
};

export type SubjectFacts = Subject & {
  /** Of an index, its platforms; of an image, itself alone; none when it is no longer in the repository. */
  platforms: PlatformFacts[];
  delivered: boolean;
  revocation: Revocation | null;
};

type Platform = { repositoryId: string; platform: PlatformManifest; facts: Facts };

/** In the order of `subjects`, all of them the account's. */
export async function readSubjects(tx: Tx, accountId: string, subjects: readonly Subject[]): Promise<SubjectFacts[]> {
  const keys = subjects.map(({ repository, digest }) => ({ repositoryId: repository.repositoryId, digest }));
  const own = await readFacts(tx, keys);
  const platforms = await readPlatformFacts(tx, keys, own);
  const revocations = await readRevocations(tx, accountId, [
    ...keys,
    ...platforms.flat().map(({ repositoryId, platform }) => ({ repositoryId, digest: platform.digest })),
  ]);
  const complete = await complement(tx, platforms.flat(), revocations);
  return subjects.map((subject, n) => ({
    ...subject,
    platforms: (platforms[n] ?? []).flatMap((one) => complete.get(one) ?? []),
    delivered: own[n]?.delivered ?? false,
    revocation: revocations.get(subject.repository.repositoryId, subject.digest),
  }));
}

/** An image is its own platform; only what indexes list is read in addition. */
async function readPlatformFacts(
  tx: Tx,
  keys: readonly { repositoryId: string; digest: string }[],
  own: readonly Facts[],
): Promise<Platform[][]> {
  const named = keys.map(({ repositoryId, digest }, n) => {
    const facts = own[n];
    const platforms = facts?.manifest ? platformsOf(digest, facts.manifest) : [];
    return platforms.map((platform) => ({
      repositoryId,
      platform,
      facts: platform.digest === digest ? facts : undefined,
    }));
  });
  const listed = named.flat().filter((one) => one.facts === undefined);
  const read =
    listed.length === 0
      ? []
      : await readFacts(
          tx,
          listed.map(({ repositoryId, platform }) => ({ repositoryId, digest: platform.digest })),
        );
  const facts = new Map(listed.map((one, n) => [one, read[n]]));
  return named.map((platforms) =>
    platforms.flatMap((one) => {
      const found = one.facts ?? facts.get(one);
      return found ? [{ ...one, facts: found }] : [];
    }),
  );
}

async function complement(
  tx: Tx,
  platforms: readonly Platform[],
  revocations: Revocations,
): Promise<Map<Platform, PlatformFacts>> {
  const scanned = platforms.flatMap((one) => {
    const { inventory, allowedAt } = one.facts;
    return inventory?.scan ? [{ one, inventoryId: inventory.inventoryId, allowedAt }] : [];
  });
  const findings = await readReviewFindings(tx, scanned);
  const examinations = platforms.flatMap(({ facts: { examination } }) =>
    examination && examination.failure === null ? examination.examinationId : [],
  );
  const contents = await readReviewContents(tx, examinations);
  const of = new Map(scanned.map(({ one }, n) => [one, findings[n]]));
  return new Map(
    platforms.map((one) => [
      one,
      {
        ...one.facts,
        platform: one.platform,
        findings: of.get(one) ?? [],
        contents: contents.get(one.facts.examination?.examinationId ?? -1) ?? null,
        revocation: revocations.get(one.repositoryId, one.platform.digest),
      },
    ]),
  );
}
