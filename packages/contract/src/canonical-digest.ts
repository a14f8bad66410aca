/** The hash of a value in its canonical form; a module of its own because browsers have no node:crypto. */
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical.ts';

/**
 * `sha256:<hex>` over the canonical JSON of a value: equal values have equal digests, whatever the order of their keys.
 *
 * @throws TypeError for what JSON cannot express
 */
export function canonicalDigest(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex')}`;
}
