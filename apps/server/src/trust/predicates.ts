/** Makes the predicates that the attest step signs, from what is stored about the image. */

import { toCycloneDx, toSpdx } from '@pratique/scan';
import { stateVex } from '@pratique/scan/vex';
import {
  CYCLONEDX,
  cycloneDxPredicate,
  OPENVEX,
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
  vexPredicate,
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
import type { VexCache } from '../vex/in-force.ts';
import { readStatedFindings } from '../vex/stated-findings.ts';
import { readPushedProvenance } from './pushed-provenance.ts';
import type { Subject } from './read-subject.ts';

export type PredicateName = (typeof PREDICATES)[number];

export type PredicateContext = {
  store: BlobStore;
  repository: Repository;
  subject: Subject;
  publicUrl: string;
  startedAt: Date;
  vex: VexCache;
  /** An earlier document of statements is live. */
  states?: boolean;
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
  if (name === 'vex') return vexPredicates(tx, context, inventory.inventoryId);
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

/** What the account itself states; what others attached to the image speaks for itself. */
async function vexPredicates(tx: Tx, context: PredicateContext, inventoryId: number): Promise<Predicate[]> {
  const { repository, subject, startedAt, publicUrl, vex } = context;
  const { digest } = subject.descriptor;
  const image = { digest, index: digest };
  const found = await readStatedFindings(tx, { publicUrl, vex, own: true }, repository, image, inventoryId);
  const stated = found?.findings.filter((finding) => finding.vex) ?? [];
  // Statements that were taken back are taken back from those who verify too, by a document that makes none.
  if (stated.length === 0 && context.states !== true) return [];
  const at = startedAt.toISOString();
  const name = repository.name.split('/').at(-1) ?? repository.name;
  const product = `pkg:oci/${encodeURIComponent(name)}@${encodeURIComponent(digest)}`;
  const id = `${publicUrl}/accounts/${repository.account}/vex/${digest}#${at}`;
  return [vexPredicate(stateVex(stated, { product, id, author: repository.account, at }))];
}

export const PREDICATE_TYPES: Record<PredicateName, readonly string[]> = {
  verdict: [VSA, VERDICT],
  spdx: [SPDX],
  cyclonedx: [CYCLONEDX],
  vulns: [VULNS],
  vex: [OPENVEX],
  provenance: [PROVENANCE],
};
