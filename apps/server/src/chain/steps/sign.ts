/** Step: sign what the gate allowed. */
import { COSIGN_SIGN } from '@pratique/sign';
import { asSystem } from '../../db/connect.ts';
import { type PublishDeps, publish } from '../../trust/publish.ts';
import { readSubject } from '../../trust/read-subject.ts';
import { PermanentStepError, type StepWork } from '../run-step.ts';

export function signStep(deps: PublishDeps): StepWork {
  return async ({ repository, digest, startedAt }) => {
    const subject = await asSystem(deps.db, (tx) => readSubject(tx, repository, digest));
    if (subject?.verdict.decision !== 'allow')
      throw new PermanentStepError('only an image with a valid verdict that allows it is signed');
    const manifest = await publish(deps, {
      repository,
      subject: subject.descriptor,
      form: 'signature',
      predicateType: COSIGN_SIGN,
      predicates: [],
      // A renewed verdict does not need a new signature: the signature says who, the verdict's attestation says when.
      inputHash: digest,
      created: startedAt,
    });
    return { state: 'succeeded', summary: `signed with the key of ${repository.account}`, result: { manifest } };
  };
}
