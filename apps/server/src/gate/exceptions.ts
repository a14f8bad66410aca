/** Exceptions in force: each has an owner, a reason, an approver and an end. */
import {
  BaselineSelector,
  type Finding,
  FindingSelector,
  type MalwareMatch,
  MalwareSelector,
  PolicySelector,
  type Secret,
  SecretSelector,
  type Violation,
} from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import { matchesAny, matchesPattern } from '../auth/pattern.ts';
import type { Tx } from '../db/connect.ts';

const named = { name: z.string() };
const ActiveException = z.discriminatedUnion('kind', [
  z.object({ ...named, kind: z.literal('finding'), selector: FindingSelector }),
  z.object({ ...named, kind: z.literal('policy'), selector: PolicySelector }),
  z.object({ ...named, kind: z.literal('secret'), selector: SecretSelector }),
  z.object({ ...named, kind: z.literal('malware'), selector: MalwareSelector }),
  z.object({ ...named, kind: z.literal('baseline'), selector: BaselineSelector }),
]);
export type ActiveException = z.infer<typeof ActiveException>;

/** Kinds that the gate looks at; others speak to clusters and change no verdict. */
export const GATE_KINDS = ['finding', 'policy', 'secret', 'malware', 'baseline'] as const;

export async function readActiveExceptions(tx: Tx, accountId: string): Promise<ActiveException[]> {
  const { rows } = await sql<{ name: string; kind: string; selector: unknown }>`
    select name, kind, selector from exception
    where account_id = ${accountId} and kind = any (${[...GATE_KINDS]}::text[]) and approved_at is not null and withdrawn_at is null and expires_at > now()
    order by name`.execute(tx);
  return rows.map((row) => ActiveException.parse(row));
}

type Of<K extends ActiveException['kind']> = Extract<ActiveException, { kind: K }>;
type FindingException = Of<'finding'>;

/** Those of one kind that are about this repository. */
function exceptionsOf<K extends ActiveException['kind']>(
  kind: K,
  exceptions: readonly ActiveException[],
  repository: string,
): Of<K>[] {
  return exceptions.filter(
    (exception): exception is Of<K> =>
      exception.kind === kind && matchesAny(exception.selector.repositories, repository),
  );
}

/** Those that are about findings in this repository. */
export const findingExceptions = (exceptions: readonly ActiveException[], repository: string): FindingException[] =>
  exceptionsOf('finding', exceptions, repository);

/** Name of the first exception that covers the finding, or null. */
export function exceptionFor(
  exceptions: readonly FindingException[],
  finding: Pick<Finding, 'id' | 'aliases' | 'package'>,
): string | null {
  const covering = exceptions.find(
    ({ selector: { id, package: name } }) =>
      (finding.id === id || finding.aliases.includes(id)) && (name === undefined || name === finding.package.name),
  );
  return covering?.name ?? null;
}

/** Violations with the excepted ones told but not enforced. */
export function exceptViolations(
  exceptions: readonly ActiveException[],
  repository: string,
  violations: readonly Violation[],
): Violation[] {
  const policies = exceptionsOf('policy', exceptions, repository);
  return violations.map((violation) => {
    const covering = policies.find((exception) => exception.selector.constraint === violation.constraint);
    return covering
      ? { ...violation, action: 'dryrun', details: { ...violation.details, exception: covering.name } }
      : violation;
  });
}

/** Which exception covers what was found in the contents of images of this repository: its name, or null. */
export function contentExceptions(exceptions: readonly ActiveException[], repository: string) {
  const secrets = exceptionsOf('secret', exceptions, repository);
  const malware = exceptionsOf('malware', exceptions, repository);
  const checks = exceptionsOf('baseline', exceptions, repository);
  return {
    ofSecret: (secret: Secret): string | null =>
      secrets.find(({ selector }) => coversSecret(selector, secret))?.name ?? null,
    ofMalware: (match: MalwareMatch): string | null =>
      malware.find(({ selector }) => coversMalware(selector, match))?.name ?? null,
    ofCheck: (id: string): string | null => checks.find(({ selector }) => selector.check === id)?.name ?? null,
  };
}

/** All that is named must be true; a secret of which not all places are known is covered by no path. */
function coversSecret({ fingerprint, kind, path }: SecretSelector, secret: Secret): boolean {
  if (fingerprint !== undefined && fingerprint !== secret.fingerprint) return false;
  if (kind !== undefined && kind !== secret.id) return false;
  if (path === undefined) return true;
  const pattern = plainPath(path);
  return (
    secret.placeCount === secret.places.length && secret.places.every((place) => matchesPattern(pattern, place.path))
  );
}

function coversMalware({ rule, path, sha256 }: MalwareSelector, match: MalwareMatch): boolean {
  return (
    rule === match.id &&
    (path === undefined || matchesPattern(plainPath(path), match.path)) &&
    (sha256 === undefined || sha256 === match.sha256)
  );
}

const plainPath = (pattern: string): string => pattern.replace(/^\//, '');
