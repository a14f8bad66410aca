/** Puts an account's images of other registries down for another look, because what they are judged by has changed. */
import type { Tx } from '../db/connect.ts';
import { enqueueExamination, takeForNewPolicy } from './foreign-rows.ts';

/** What was in use lately is looked at now; the rest when it is asked for. */
const AT_ONCE = 500;

/** Part of the transaction that changed the trust policy, or whom it means. */
export async function examineAnew(tx: Tx, accountId: string): Promise<void> {
  for (const key of await takeForNewPolicy(tx, accountId, AT_ONCE)) await enqueueExamination(tx, key);
}
