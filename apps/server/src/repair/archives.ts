/** Where the packages of repairs come from and whose keys count, for distributions beyond what the environment names. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ServerError } from '../error.ts';
import type { RepairArchives } from './order.ts';

const Address = z.url({ protocol: /^https?$/ });
const Place = z.strictObject({
  mirror: Address.optional(),
  securityMirror: Address.optional(),
  /** A file or folder: OpenPGP keys, or for apk `*.rsa.pub`. */
  keyring: z.string().startsWith('/').optional(),
  /** Of apk and rpm. */
  repositories: z.array(Address).max(50).optional(),
});
/** By the distribution's ID in os-release. */
const Places = z.record(z.string().regex(/^[a-z0-9._-]{1,50}$/), Place);

const MAX_BYTES = 1024 * 1024;

/** @param path a JSON file, or none @throws ServerError `config-invalid`, one sentence that names the place */
export function readRepairArchives(path: string | undefined, known: RepairArchives): RepairArchives {
  if (path === undefined) return known;
  const refuse = (why: string, cause?: unknown): never => {
    throw new ServerError('config-invalid', `PRATIQUE_REPAIR_ARCHIVES is invalid: ${path} ${why}`, { cause });
  };
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    return refuse('cannot be read', cause);
  }
  if (text.length > MAX_BYTES) return refuse(`has more than ${MAX_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return refuse('is no JSON', cause);
  }
  const parsed = Places.safeParse(value);
  if (parsed.success) return { ...known, ...parsed.data };
  const issue = parsed.error.issues[0];
  return refuse(`is invalid at ${issue?.path.join('.') || 'its root'}: ${issue?.message ?? ''}`);
}
