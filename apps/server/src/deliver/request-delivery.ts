/** Asks for a delivery: refused at once what no contract covers or no valid verdict allows. */
import { isRepositoryName, isTag } from '@pratique/oci';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import type { Repository } from '../registry/cache.ts';
import { findContract } from './find-contract.ts';

export type DeliveryRequest = {
  from: Repository;
  digest: string;
  toAccount: string;
  toRepository: string;
  toTag: string;
  requestedBy: string;
};

/**
 * Inserts the delivery, or finds the one that was asked for before: asking twice delivers once.
 * Runs as the system, since the receiver's account is not the caller's; it reads nothing else there.
 *
 * @throws ServerError `invalid` (the target is no name), `forbidden` (no contract), `conflict` (no verdict that allows, or the tag names another image)
 */
export async function requestDelivery(
  tx: Tx,
  request: DeliveryRequest,
): Promise<{ deliveryId: string; state: 'copying' | 'delivered' }> {
  const { from, digest, toAccount, toRepository, toTag } = request;
  if (!isRepositoryName(`${toAccount}/${toRepository}`) || !isTag(toTag))
    throw new ServerError('invalid', `${toAccount}/${toRepository}:${toTag} is no image name`);
  const contract = await findContract(tx, from.accountId, from.name, toAccount, toRepository);
  if (!contract)
    throw new ServerError(
      'forbidden',
      `no contract in force lets ${from.account}/${from.name} be delivered to ${toAccount}/${toRepository}; offer one, and an owner of ${toAccount} accepts it`,
    );
  await requireAllowed(tx, from, digest);
  await refuseTakenTag(tx, contract.toAccountId, request);
  const { rows } = await sql<{ delivery_id: string; state: 'copying' | 'delivered' }>`
    insert into delivery (account_id, contract_id, from_repository_id, to_account_id, to_repository, to_tag, digest, state, requested_by)
    values (${from.accountId}, ${contract.contractId}, ${from.repositoryId}, ${contract.toAccountId}, ${toRepository}, ${toTag}, ${digest}, 'copying', ${request.requestedBy})
    on conflict (contract_id, from_repository_id, to_repository, to_tag, digest) do update set
      state = case delivery.state when 'failed' then 'copying' else delivery.state end, error = null
    returning delivery_id, state`.execute(tx);
  const row = rows[0];
  if (!row) throw new ServerError('internal', 'the delivery could not be recorded');
  return { deliveryId: row.delivery_id, state: row.state };
}

/** A delivery moves no tag: without this it would be copied, and then fail at its end for ever. */
async function refuseTakenTag(tx: Tx, toAccountId: string, request: DeliveryRequest): Promise<void> {
  const { toAccount, toRepository, toTag, digest } = request;
  const { rows } = await sql`
    select from tag t join repository r using (repository_id)
    where r.account_id = ${toAccountId} and r.name = ${toRepository} and t.name = ${toTag} and t.digest <> ${digest}`.execute(
    tx,
  );
  if (rows.length > 0)
    throw new ServerError(
      'conflict',
      `${toAccount}/${toRepository}:${toTag} names another image already, and a delivery moves no tag; choose another one`,
    );
}

/** @throws ServerError `conflict` unless a valid verdict of the sender allows the digest */
export async function requireAllowed(tx: Tx, from: Repository, digest: string): Promise<void> {
  const { rows } = await sql<{ decision: string; state: string; current: boolean }>`
    select decision, state, valid_until > now() as current from verdict where repository_id = ${from.repositoryId} and digest = ${digest}`.execute(
    tx,
  );
  const verdict = rows[0];
  if (verdict?.decision === 'allow' && verdict.state === 'valid' && verdict.current) return;
  const why = !verdict
    ? 'it has no verdict yet'
    : verdict.decision === 'deny'
      ? 'the gate denied it'
      : `its verdict is ${verdict.current ? verdict.state : 'expired'}`;
  throw new ServerError('conflict', `${from.account}/${from.name}@${digest} cannot be delivered: ${why}`);
}
