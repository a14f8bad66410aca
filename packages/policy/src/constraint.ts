/** Constraints: a template put to use, with a match, parameters and what to do about violations. */
import { EnforcementAction } from '@pratique/contract';
import { z } from 'zod';
import { PolicyError } from './error.ts';
import { describeIssue } from './template.ts';

export type Constraint = {
  kind: string;
  name: string;
  action: EnforcementAction;
  /** Checked against the template's target when a bundle is made. */
  match: Record<string, unknown>;
  parameters: Record<string, unknown>;
};

const Document = z.looseObject({
  apiVersion: z
    .string()
    .regex(/^constraints\.gatekeeper\.sh\/v1(alpha1|beta1)?$/, 'apiVersion must be constraints.gatekeeper.sh/v1beta1'),
  kind: z.string().regex(/^[A-Z][A-Za-z0-9]{0,62}$/, 'kind must name a template'),
  metadata: z.looseObject({
    name: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'a name is lower-case letters, digits, dashes and dots'),
  }),
  // Strict: a misspelt field here would loosen a policy in silence.
  spec: z
    .strictObject({
      enforcementAction: EnforcementAction.default('deny'),
      match: z.record(z.string(), z.unknown()).nullish(),
      parameters: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
});

/**
 * Reads one constraint. Parameters are checked against the template's schema by the engine when the bundle is loaded.
 *
 * @throws PolicyError `constraint-invalid`, naming the field
 */
export function parseConstraint(document: unknown): Constraint {
  const parsed = Document.safeParse(document);
  if (!parsed.success)
    throw new PolicyError('constraint-invalid', `the constraint is invalid at ${describeIssue(parsed.error)}`);
  const { kind, metadata, spec } = parsed.data;
  return {
    kind,
    name: metadata.name,
    action: spec?.enforcementAction ?? 'deny',
    match: spec?.match ?? {},
    parameters: spec?.parameters ?? {},
  };
}
