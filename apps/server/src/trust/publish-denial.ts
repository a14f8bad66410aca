/** Says of an image, signed, that it was denied: in a form that no verifier takes for a signature. */
import { VSA } from '@pratique/sign';
import { type PredicateContext, verdictPredicates } from './predicates.ts';
import { type PublishDeps, publish } from './publish.ts';

/** @returns the digest of what was published; the same one when it was before */
export function publishDenial(deps: PublishDeps, context: PredicateContext): Promise<string> {
  const { repository, subject } = context;
  return publish(deps, {
    repository,
    subject: subject.descriptor,
    form: 'denial',
    predicateType: VSA,
    predicates: verdictPredicates(context),
    inputHash: `${subject.verdict.inputHash} ${subject.verdict.decidedAt}`,
    created: context.startedAt,
  });
}
