/** That an image was handed from one account to another, under which agreement. */
import { Digest } from '@pratique/contract';
import { z } from 'zod';
import type { Predicate } from '../statement.ts';
import { DELIVERY } from './types.ts';

const Place = z.object({ account: z.string().min(1), repository: z.string().min(1) });

/** Version 1; fields are added, never changed. */
export const Delivery = z.looseObject({
  from: Place,
  to: Place,
  digest: Digest,
  /** Id of the contract; null for a delivery within one account. */
  contract: z.string().nullable(),
  /** ISO 8601. */
  deliveredAt: z.string(),
});
export type Delivery = z.infer<typeof Delivery>;

/** @throws ZodError when a field is missing */
export function deliveryPredicate(delivery: Delivery): Predicate {
  return { type: DELIVERY, body: Delivery.parse(delivery) };
}
