/** Statements on whether an image is affected, as a predicate: the OpenVEX document itself. */
import { z } from 'zod';
import type { Predicate } from '../statement.ts';
import { OPENVEX } from './types.ts';

const Document = z.looseObject({ '@context': z.string().startsWith(OPENVEX), statements: z.array(z.unknown()) });

/** @throws ZodError when it is no OpenVEX document */
export function vexPredicate(document: unknown): Predicate {
  return { type: OPENVEX, body: Document.parse(document) };
}
