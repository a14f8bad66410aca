/** Step: signed statements about the image. Of a denied image the denial is kept, in a form that is no signature. */
import { asSystem } from '../../db/connect.ts';
import { makePredicates, type PredicateContext } from '../../trust/predicates.ts';
import { type PublishDeps, publish } from '../../trust/publish.ts';
import { publishDenial } from '../../trust/publish-denial.ts';
import { readSubject } from '../../trust/read-subject.ts';
import { withdrawSignatures } from '../../trust/withdraw.ts';
import { PermanentStepError, type StepOutcome, type StepWork } from '../run-step.ts';
import { AttestParameters } from '../step-parameters.ts';

export type StatementDeps = PublishDeps & Pick<PredicateContext, 'publicUrl' | 'vex'>;

export function attestStep(deps: StatementDeps): StepWork {
  return async ({ repository, digest, startedAt, parameters }) => {
    const { predicates } = AttestParameters.parse(parameters);
    const subject = await asSystem(deps.db, (tx) => readSubject(tx, repository, digest));
    if (!subject) throw new PermanentStepError('the image has no valid verdict to attest');
    const { store, publicUrl, vex } = deps;
    const context: PredicateContext = { store, repository, subject, publicUrl, startedAt, vex };
    if (subject.verdict.decision === 'deny') return recordDenial(deps, context);
    const made: string[] = [];
    for (const name of predicates) {
      const bodies = await asSystem(deps.db, (tx) => makePredicates(tx, name, context));
      for (const predicate of bodies) {
        const inputHash = name === 'provenance' ? digest : `${subject.verdict.inputHash} ${subject.verdict.decidedAt}`;
        await publish(deps, {
          repository,
          subject: subject.descriptor,
          form: 'attestation',
          predicateType: predicate.type,
          predicates: [predicate],
          inputHash,
          created: startedAt,
        });
      }
      if (bodies.length > 0) made.push(name);
    }
    // Of most images nothing is stated.
    const absent = predicates.filter((name) => !made.includes(name) && name !== 'vex');
    return {
      state: 'succeeded',
      summary: `attested ${made.join(', ')}${absent.length > 0 ? `; nothing to attest of ${absent.join(', ')}` : ''}`,
      result: { predicates: made },
    };
  };
}

async function recordDenial(deps: PublishDeps, context: PredicateContext): Promise<StepOutcome> {
  const { repository, subject } = context;
  const withdrawn = await asSystem(deps.db, async (tx) => {
    // Another run may have allowed it since: what that one signed stays.
    if ((await readSubject(tx, repository, subject.descriptor.digest))?.verdict.decision !== 'deny')
      throw new PermanentStepError('the denial has been superseded by another verdict');
    return withdrawSignatures(tx, repository, subject.descriptor.digest);
  });
  await publishDenial(deps, context);
  return {
    state: 'succeeded',
    summary: `recorded the denial${withdrawn > 0 ? ` and withdrew ${withdrawn} earlier signatures and attestations` : ''}`,
  };
}
