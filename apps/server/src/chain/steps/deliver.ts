/** Step: deliver to the accounts that the chain names, under contracts. */
import { asSystem } from '../../db/connect.ts';
import { carryOutDelivery, type DeliveryDeps } from '../../deliver/carry-out.ts';
import { requestDelivery } from '../../deliver/request-delivery.ts';
import { ServerError } from '../../error.ts';
import { PermanentStepError, type StepWork } from '../run-step.ts';
import { DeliverParameters } from '../step-parameters.ts';

export function deliverStep(deps: DeliveryDeps): StepWork {
  return async ({ repository, digest, tag, parameters, requestedBy }) => {
    const { to } = DeliverParameters.parse(parameters);
    if (to.length === 0) return { state: 'skipped', summary: 'the chain names no receiver' };
    const delivered: string[] = [];
    for (const target of to) {
      const { account, name, toTag } = parseTarget(target, tag);
      try {
        const { deliveryId } = await asSystem(deps.db, (tx) =>
          requestDelivery(tx, { from: repository, digest, toAccount: account, toRepository: name, toTag, requestedBy }),
        );
        await carryOutDelivery(deps, deliveryId);
      } catch (error) {
        // Neither a missing contract nor an immutable tag mends itself by trying again.
        if (
          (error instanceof ServerError && error.code !== 'internal' && error.code !== 'unavailable') ||
          (error as Error).name === 'RegistryError'
        )
          throw new PermanentStepError((error as Error).message);
        throw error;
      }
      delivered.push(`${account}/${name}:${toTag}`);
    }
    return { state: 'succeeded', summary: `delivered as ${delivered.join(', ')}`, result: { delivered } };
  };
}

/** @throws PermanentStepError when the target is no name, or neither it nor the run has a tag */
export function parseTarget(target: string, tag: string | null): { account: string; name: string; toTag: string } {
  const match = /^([^/:@]+)\/([^:@]+)(?::([^:@/]+))?$/.exec(target);
  const toTag = match?.[3] ?? tag;
  if (!match?.[1] || !match[2]) throw new PermanentStepError(`${target} is not of the form ACCOUNT/NAME[:tag]`);
  if (toTag === null) throw new PermanentStepError(`${target} names no tag, and the image has none`);
  return { account: match[1], name: match[2], toTag };
}
