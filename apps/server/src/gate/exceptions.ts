/** Exceptions in force: each has an owner, a reason, an approver and an end. */
import { type Finding, FindingSelector, PolicySelector, type Violation } from '@pratique/contract';
import { sql } from 'kysely';
import { matchesAny } from '../auth/pattern.ts';
import type { Tx } from '../db/connect.ts';

export type ActiveException =
  | { name: string; kind: 'finding'; selector: FindingSelector }
  | { name: string; kind: 'policy'; selector: PolicySelector };

/** Kinds that the gate looks at; others speak to clusters and change no verdict. */
export const GATE_KINDS = ['finding', 'policy'] as const;

export async function readActiveExceptions(tx: Tx, accountId: string): Promise<ActiveException[]> {
  const { rows } = await sql<{ name: string; kind: string; selector: unknown }>`
    select name, kind, selector from exception
    where account_id = ${accountId} and kind = any (${[...GATE_KINDS]}::text[]) and approved_at is not null and withdrawn_at is null and expires_at > now()
    order by name`.execute(tx);
  return rows.map(({ name, kind, selector }) =>
    kind === 'finding'
      ? { name, kind, selector: FindingSelector.parse(selector) }
      : { name, kind: 'policy', selector: PolicySelector.parse(selector) },
  );
}

type FindingException = Extract<ActiveException, { kind: 'finding' }>;

/** Those that are about findings in this repository. */
export function findingExceptions(exceptions: readonly ActiveException[], repository: string): FindingException[] {
  return exceptions
    .filter((exception) => exception.kind === 'finding')
    .filter((exception) => matchesAny(exception.selector.repositories, repository));
}

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
  return violations.map((violation) => {
    const covering = exceptions.find(
      (exception) =>
        exception.kind === 'policy' &&
        exception.selector.constraint === violation.constraint &&
        matchesAny(exception.selector.repositories, repository),
    );
    return covering
      ? { ...violation, action: 'dryrun', details: { ...violation.details, exception: covering.name } }
      : violation;
  });
}
