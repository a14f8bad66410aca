/** in-toto statements: what is said, and about which digest. */
import { Digest } from '@pratique/contract';
import { z } from 'zod';
import { type Envelope, IN_TOTO, signEnvelope } from './dsse.ts';
import { SignError } from './error.ts';
import type { Signer } from './key.ts';

const STATEMENT_V1 = 'https://in-toto.io/Statement/v1';
const MAX_SUBJECTS = 1000;

export const Statement = z.looseObject({
  /** 0.1 is what cosign 2 attests with. */
  _type: z.enum([STATEMENT_V1, 'https://in-toto.io/Statement/v0.1']),
  subject: z
    .array(z.looseObject({ name: z.string().nullish(), digest: z.record(z.string(), z.string()) }))
    .min(1)
    .max(MAX_SUBJECTS),
  predicateType: z.string().min(1).max(500),
  predicate: z.unknown(),
});
export type Statement = z.infer<typeof Statement>;

/** A predicate with its type. */
export type Predicate = { type: string; body: unknown };

/**
 * A statement about one image.
 *
 * @param digest `sha256:<hex>` of the manifest or index
 * @see in-toto Attestation Framework, spec v1, statement.md
 */
export function createStatement(digest: Digest, predicate: Predicate): Statement {
  const hex = Digest.parse(digest).slice('sha256:'.length);
  return {
    _type: STATEMENT_V1,
    subject: [{ digest: { sha256: hex } }],
    predicateType: predicate.type,
    predicate: predicate.body,
  };
}

export async function signStatement(statement: Statement, signer: Signer): Promise<Envelope> {
  return signEnvelope(Buffer.from(JSON.stringify(statement), 'utf8'), IN_TOTO, signer);
}

/**
 * Reads a verified payload.
 * @throws SignError `statement-invalid`
 */
export function parseStatement(payload: Buffer): Statement {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (cause) {
    throw new SignError('statement-invalid', 'the signed statement is not JSON in UTF-8', { cause });
  }
  const parsed = Statement.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new SignError(
    'statement-invalid',
    `the signed statement is invalid at ${parsed.error.issues[0]?.path.join('.') || 'its root'}: ${parsed.error.issues[0]?.message}`,
  );
}

/**
 * A signature says something about a digest, not about the image it happens to hang on.
 * @throws SignError `subject-mismatch`
 */
export function requireSubject(statement: Statement, digest: Digest): void {
  const hex = digest.slice('sha256:'.length);
  if (statement.subject.some((subject) => Object.hasOwn(subject.digest, 'sha256') && subject.digest['sha256'] === hex))
    return;
  const first = statement.subject[0]?.digest['sha256'] ?? 'something else';
  throw new SignError('subject-mismatch', `the signed statement is about ${first.slice(0, 64)}, not about ${digest}`);
}
