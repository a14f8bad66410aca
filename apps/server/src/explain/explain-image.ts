/** Tells the whole way to a decision: what was seen, what was compared, which policy said what, who excepted it. */
import { type ExplainedReason, type Explanation, type Reason, TARGETS, type Verdict } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { readAccountBundle } from '../gate/account-policy.ts';
import { type GateInputs, readCurrentInputs } from '../gate/current-inputs.ts';
import { readPlatforms } from '../inventory/platforms.ts';
import { readInventory } from '../inventory/read-inventory.ts';
import type { Repository } from '../registry/cache.ts';
import { readRevocation } from '../revocation/read-revocation.ts';
import { readFindings } from '../scan/read-findings.ts';
import { mendContents, selectorOf } from './contents.ts';
import { readHistory } from './read-history.ts';
import { readRenewal } from './read-renewal.ts';

type Subject = { digest: string; reference: string; verdict: Verdict | null };

export async function explainImage(tx: Tx, repository: Repository, subject: Subject): Promise<Explanation> {
  const { repositoryId, accountId } = repository;
  const { digest, verdict } = subject;
  const row = await readVerdictRow(tx, repositoryId, digest);
  const current = await readCurrentInputs(tx, accountId);
  const revocation = await readRevocation(tx, repository, digest);
  const reasons = await explainReasons(tx, repository, digest, verdict?.reasons ?? []);
  const bundle = await readAccountBundle(tx, accountId);
  const image = new Set(bundle?.bundle.templates.filter((one) => one.target === TARGETS.image).map((one) => one.kind));
  const explained = { ...subject, reasons };
  return {
    account: repository.account,
    repository: repository.name,
    reference: subject.reference,
    digest,
    tags: await readTags(tx, repositoryId, digest),
    summary: summarise(verdict, revocation !== null),
    verdict,
    renewal: await readRenewal(tx, repositoryId, digest),
    revocation: revocation ? { by: revocation.by, at: revocation.at.toISOString(), reason: revocation.reason } : null,
    reasons,
    inputs: row && current ? compareInputs(row.inputs, current, bundle?.version ?? null) : [],
    policies: (bundle?.bundle.constraints ?? [])
      .filter((constraint) => image.has(constraint.kind))
      .map((constraint) => ({
        constraint: constraint.name,
        template: constraint.kind,
        action: constraint.action,
        violations: (verdict?.reasons ?? []).filter((reason) => reason.constraint === constraint.name).length,
      })),
    history: await readHistory(tx, repositoryId, digest),
    next: whatNext(repository, explained, row?.renewal_error ?? null, revocation !== null),
  };
}

type VerdictRow = { inputs: GateInputs; renewal_error: string | null };

async function readVerdictRow(tx: Tx, repositoryId: string, digest: string): Promise<VerdictRow | undefined> {
  const { rows } = await sql<VerdictRow>`
    select inputs, renewal_error from verdict where repository_id = ${repositoryId} and digest = ${digest}`.execute(tx);
  return rows[0];
}

async function readTags(tx: Tx, repositoryId: string, digest: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from tag where repository_id = ${repositoryId} and digest = ${digest} order by name`.execute(tx);
  return rows.map((row) => row.name);
}

function summarise(verdict: Verdict | null, revoked: boolean): string {
  if (revoked || verdict?.state === 'revoked') return 'It may not run: it was revoked.';
  if (!verdict) return 'It may not run: nothing has been decided yet.';
  const count = (action: string) => verdict.reasons.filter((reason) => reason.action === action).length;
  const first = verdict.reasons.find((reason) => reason.action === 'deny')?.message;
  if (verdict.decision === 'deny')
    return `It may not run: ${count('deny') === 1 ? first : `${count('deny')} reasons; the first: ${first}`}`;
  if (verdict.state === 'pending') return 'It may not run yet: the gate allowed it, and people have a say.';
  if (verdict.state === 'expired')
    return `It may not run: what was decided ended at ${verdict.validUntil} and was not renewed.`;
  const warnings = count('warn');
  return `It may run until ${verdict.validUntil.slice(0, 10)}${warnings > 0 ? `, with ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}` : ''}.`;
}

/** Findings by id, package and version, so that each reason gets the comparison it rests on. */
async function explainReasons(
  tx: Tx,
  repository: Repository,
  digest: string,
  reasons: readonly Reason[],
): Promise<ExplainedReason[]> {
  const evidence = new Map<string, ExplainedReason['evidence']>();
  for (const platform of await readPlatforms(tx, repository.repositoryId, digest)) {
    const inventory = await readInventory(tx, platform.digest);
    const scanned = inventory ? await readFindings(tx, inventory.inventoryId) : null;
    for (const finding of scanned?.findings ?? [])
      evidence.set(`${finding.id} ${finding.package.name} ${finding.package.version}`, finding.evidence);
  }
  const exceptions = await readExceptions(tx, repository.accountId);
  return reasons.map((reason) => {
    const { id, package: name, version, exception, graceUntil } = reason.details;
    return {
      reason,
      evidence: evidence.get(`${String(id)} ${String(name)} ${String(version)}`) ?? null,
      exception: typeof exception === 'string' ? (exceptions.get(exception) ?? null) : null,
      graceUntil: typeof graceUntil === 'string' && reason.action === 'warn' ? graceUntil : null,
    };
  });
}

async function readExceptions(
  tx: Tx,
  accountId: string,
): Promise<Map<string, NonNullable<ExplainedReason['exception']>>> {
  const { rows } = await sql<{ name: string; owner: string; approver: string | null; expires_at: Date }>`
    select name, owner, approver, expires_at from exception where account_id = ${accountId}`.execute(tx);
  return new Map(
    rows.map(({ name, owner, approver, expires_at }) => [
      name,
      { name, owner, approver, until: expires_at.toISOString() },
    ]),
  );
}

function compareInputs(then: GateInputs, now: GateInputs, policyVersion: number | null): Explanation['inputs'] {
  const says: Record<keyof GateInputs, { name: string; detail: string }> = {
    bundle: { name: 'policies', detail: policyVersion === null ? '' : `the account is at version ${policyVersion}` },
    exceptions: { name: 'exceptions', detail: 'accepted risks in force' },
    snapshot: { name: 'advisories', detail: 'vulnerability data' },
    revision: { name: 'catalogers', detail: 'how packages were read' },
    trust: { name: 'trust', detail: 'vendors whose word counts' },
    contents: { name: 'contents', detail: 'rules by which secrets, malware and the baseline were looked for' },
    vex: { name: 'VEX', detail: 'statements in force that speak of any image' },
  };
  return (Object.keys(says) as (keyof GateInputs)[]).map((key) => ({
    ...says[key],
    // Verdicts of earlier versions knew no VEX, and no contents.
    value: String(then[key] ?? '').slice(0, 80),
    current: (then[key] ?? '') === now[key],
  }));
}

function whatNext(
  repository: Repository,
  { digest, reference, verdict, reasons }: Subject & { reasons: ExplainedReason[] },
  renewalError: string | null,
  revoked: boolean,
): string[] {
  const name = `${repository.account}/${repository.name}${reference.includes(':') ? '@' : ':'}${reference}`;
  if (revoked)
    return [
      `To have it judged anew: pratique revoke --lift ${repository.account} ${digest} --reason TEXT (a maintainer)`,
    ];
  if (!verdict) return [`Start its chain: pratique chain run ${name}`];
  const next: string[] = [];
  const upgrades = new Map<string, string>();
  for (const { reason } of reasons) {
    const { package: what, fixedVersion } = reason.details;
    if (reason.action !== 'dryrun' && typeof what === 'string' && typeof fixedVersion === 'string')
      upgrades.set(what, fixedVersion);
  }
  for (const [what, version] of [...upgrades].slice(0, 5)) next.push(`Upgrade ${what} to ${version} or later`);
  if (upgrades.size > 5) next.push(`and ${upgrades.size - 5} more packages`);
  next.push(...mendContents(reasons.map(({ reason }) => reason)));
  const denied = reasons.find(({ reason }) => reason.action === 'deny')?.reason;
  if (denied)
    next.push(
      `Accept a risk for a time: pratique exception request ${repository.account} ${selectorOf(denied)} --repository ${repository.name} --reason TEXT`,
    );
  if (renewalError !== null) next.push(`Mend what keeps it from being renewed: ${renewalError}`);
  return next;
}
