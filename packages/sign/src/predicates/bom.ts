/** Bills of materials as predicates: the document itself, as both formats' attestations ask. */
import { z } from 'zod';
import type { Predicate } from '../statement.ts';
import { CYCLONEDX, SPDX } from './types.ts';

const Spdx = z.looseObject({ spdxVersion: z.string().startsWith('SPDX-') });
const CycloneDx = z.looseObject({ bomFormat: z.literal('CycloneDX'), specVersion: z.string() });

/** @throws ZodError when it is no SPDX document in JSON (2.x) */
export function spdxPredicate(document: unknown): Predicate {
  return { type: SPDX, body: Spdx.parse(document) };
}

/** @throws ZodError when it is no CycloneDX document in JSON */
export function cycloneDxPredicate(document: unknown): Predicate {
  return { type: CYCLONEDX, body: CycloneDx.parse(document) };
}
