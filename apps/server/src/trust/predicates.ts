/** Makes the predicates that the attest step signs, from what is stored about the image. */

import { toCycloneDx, toSpdx } from '@pratique/scan';
import {
  CYCLONEDX,
  cycloneDxPredicate,
  PROVENANCE,
  type Predicate,
  provenancePredicate,
  SPDX,
  spdxPredicate,
  summaryPredicate,
  VERDICT,
  VSA,
  VULNS,
  verdictPredicate,
  vulnerabilitiesPredicate,
} from '@pratique/sign';
import type { BlobStore } from '../blobs/store.ts';
import type { PREDICATES } from '../chain/step-parameters.ts';
import type { Tx } from '../db/connect.ts';
import { readPlatforms } from '../inventory/platforms.ts';
import { readInventory } from '../inventory/read-inventory.ts';
import type { Repository } from '../registry/cache.ts';
import { readFindings } from '../scan/read-findings.ts';
import { VERSION } from '../version.ts';
import { readPushedProvenance } from './pushed-provenance.ts';
import type { Subject } from './read-subject.ts';

export type PredicateName = (typeof PREDICATES)[number];

export type PredicateContext = {
  store: BlobStore;
  repository: Repository;
  subject: Subject;
  publicUrl: string;
  startedAt: Date;
};

/** The verdict, for everybody and in full; both for denials too. */
export function verdictPredicates({ subject, repository, publicUrl }: PredicateContext): Predicate[] {
  const resourceUri = `${publicUrl.replace(/^https?:/, 'oci:')}/${repository.account}/${repository.name}@${subject.descriptor.digest}`;
  return [
    summaryPredicate(subject.verdict, {
      verifier: publicUrl,
      version: VERSION,
      resourceUri,
      policyDigest: subject.policyDigest,
    }),
    verdictPredicate(subject.verdict),
  ];
}

/** Predicates of one kind; empty where there is nothing to attest, which is never made up. */
export async function makePredicates(tx: Tx, name: PredicateName, context: PredicateContext): Promise<Predicate[]> {
  if (name === 'verdict') return verdictPredicates(context);
  if (name === 'provenance') {
    const provenance = await readPushedProvenance(
      tx,
      context.store,
      context.repository,
      context.subject.descriptor.digest,
    );
    return provenance ? [provenancePredicate(provenance)] : [];
  }
  const [platform] = await readPlatforms(tx, context.repository.repositoryId, context.subject.descriptor.digest);
  const inventory = platform ? await readInventory(tx, platform.digest) : null;
  if (!inventory) return [];
  const whole = { ...inventory, files: [] };
  const about = {
    name: `${context.repository.account}/${context.repository.name}`,
    digest: context.subject.descriptor.digest,
    created: context.startedAt.toISOString(),
    toolVersion: VERSION,
  };
  if (name === 'spdx') return [spdxPredicate(toSpdx(whole, about))];
  if (name === 'cyclonedx') return [cycloneDxPredicate(toCycloneDx(whole, about))];
  const scanned = await readFindings(tx, inventory.inventoryId);
  if (!scanned) return [];
  const at = context.startedAt.toISOString();
  return [
    vulnerabilitiesPredicate(scanned.findings, {
      scanner: { uri: 'https://pratique.dev', version: VERSION },
      advisories: { version: scanned.snapshot, lastUpdate: at },
      startedOn: at,
      finishedOn: at,
    }),
  ];
}

export const PREDICATE_TYPES: Record<PredicateName, readonly string[]> = {
  verdict: [VSA, VERDICT],
  spdx: [SPDX],
  cyclonedx: [CYCLONEDX],
  vulns: [VULNS],
  provenance: [PROVENANCE],
};
