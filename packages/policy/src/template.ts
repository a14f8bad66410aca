/** ConstraintTemplates: what a policy is, in Gatekeeper's form. */
import { TARGETS } from '@pratique/contract';
import { z } from 'zod';
import { PolicyError } from './error.ts';

/** One template, reduced to what evaluation needs and what people read. */
export type Template = {
  kind: string;
  target: string;
  version: 'v0' | 'v1';
  rego: string;
  libs: string[];
  /** OpenAPI v3 schema of the parameters; null when the template takes any. */
  schema: Record<string, unknown> | null;
  title: string;
  description: string;
  /** What to do about a violation; empty when the template does not say. */
  fix: string;
};

const Source = z
  .string()
  .min(1)
  .max(256 * 1024);
const Libs = z.array(Source).max(20).default([]);
const Code = z.looseObject({
  engine: z.string(),
  source: z.looseObject({ version: z.enum(['v0', 'v1']).default('v0'), rego: Source.optional(), libs: Libs }),
});
const Target = z.looseObject({
  target: z.enum([TARGETS.image, TARGETS.kubernetes]),
  rego: Source.optional(),
  libs: Libs,
  code: z.array(Code).max(4).default([]),
});

const ConstraintTemplate = z.looseObject({
  apiVersion: z
    .string()
    .regex(/^templates\.gatekeeper\.sh\/v1(alpha1|beta1)?$/, 'apiVersion must be templates.gatekeeper.sh/v1'),
  kind: z.literal('ConstraintTemplate'),
  metadata: z.looseObject({
    name: z.string().min(1).max(253),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.looseObject({
    crd: z.looseObject({
      spec: z.looseObject({
        names: z.looseObject({
          kind: z.string().regex(/^[A-Z][A-Za-z0-9]{0,62}$/, 'a kind is letters and digits and begins with a capital'),
        }),
        validation: z.looseObject({ openAPIV3Schema: z.record(z.string(), z.unknown()).nullish() }).nullish(),
      }),
    }),
    targets: z.array(Target).length(1, 'a template has exactly one target'),
  }),
});

/**
 * Reads one ConstraintTemplate. Its Rego is compiled later, by the engine.
 *
 * @throws PolicyError `template-invalid`, naming the field
 * @see open-policy-agent/frameworks, ConstraintTemplate v1
 */
export function parseTemplate(document: unknown): Template {
  const parsed = ConstraintTemplate.safeParse(document);
  if (!parsed.success)
    throw new PolicyError(
      'template-invalid',
      `the template ${nameOf(document)} is invalid: ${describeIssue(parsed.error)}`,
    );
  const { metadata, spec } = parsed.data;
  const kind = spec.crd.spec.names.kind;
  if (metadata.name !== kind.toLowerCase())
    throw new PolicyError(
      'template-invalid',
      `the template ${metadata.name} is invalid: metadata.name must be ${kind.toLowerCase()}, its kind in lower case`,
    );
  const [target] = spec.targets;
  if (!target) throw new PolicyError('template-invalid', `the template ${metadata.name} has no target`);
  return {
    kind,
    target: target.target,
    ...regoOf(target, metadata.name),
    schema: spec.crd.spec.validation?.openAPIV3Schema ?? null,
    title: metadata.annotations['metadata.gatekeeper.sh/title'] ?? metadata.annotations['title'] ?? kind,
    description: metadata.annotations['description'] ?? '',
    fix: metadata.annotations['fix'] ?? '',
  };
}

function regoOf(target: z.infer<typeof Target>, name: string): Pick<Template, 'version' | 'rego' | 'libs'> {
  const code = target.code.find((each) => each.engine === 'Rego');
  if (code?.source.rego !== undefined)
    return { version: code.source.version, rego: code.source.rego, libs: code.source.libs };
  if (target.rego !== undefined) return { version: 'v0', rego: target.rego, libs: target.libs };
  const other = target.code[0]?.engine;
  throw new PolicyError(
    'template-invalid',
    other
      ? `the template ${name} is written for the engine ${other.slice(0, 60)}; Rego is what can be evaluated`
      : `the template ${name} has no Rego source`,
  );
}

function nameOf(document: unknown): string {
  const name = z.object({ metadata: z.object({ name: z.string() }) }).safeParse(document);
  return name.success ? name.data.metadata.name.slice(0, 100) : '(without a name)';
}

/** The first thing wrong, as `path: message`. */
export function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return `${issue?.path.join('.') || 'its root'}: ${issue?.message ?? 'unknown'}`;
}
