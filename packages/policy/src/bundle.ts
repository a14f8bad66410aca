/** Bundles: templates and constraints that are evaluated together, named by the hash of their content. */
import { TARGETS } from '@pratique/contract';
import { canonicalDigest } from '@pratique/contract/canonical-digest';
import type { Constraint } from './constraint.ts';
import { PolicyError } from './error.ts';
import { ImageMatch } from './match/image.ts';
import { KubernetesMatch } from './match/kubernetes.ts';
import { describeIssue, type Template } from './template.ts';

export type Bundle = { digest: string; templates: readonly Template[]; constraints: readonly Constraint[] };

const MAX_TEMPLATES = 500;
const MAX_CONSTRAINTS = 2000;

/** How the engine, and people, call a constraint: names are unique within their kind only. */
export function constraintKey(constraint: Pick<Constraint, 'kind' | 'name'>): string {
  return `${constraint.kind}/${constraint.name}`;
}

/**
 * Makes a bundle. Equal content has an equal digest, whatever its order.
 *
 * @throws PolicyError `bundle-invalid`: two of a name, a constraint without its template, too many; `match-invalid`: a match that its target does not know
 */
export function createBundle(templates: readonly Template[], constraints: readonly Constraint[]): Bundle {
  if (templates.length > MAX_TEMPLATES || constraints.length > MAX_CONSTRAINTS)
    throw new PolicyError(
      'bundle-invalid',
      `a bundle has at most ${MAX_TEMPLATES} templates and ${MAX_CONSTRAINTS} constraints`,
    );
  const kinds = new Map<string, Template>();
  for (const template of templates) {
    if (kinds.has(template.kind))
      throw new PolicyError('bundle-invalid', `the bundle has two templates of the kind ${template.kind}`);
    kinds.set(template.kind, template);
  }
  const names = new Set<string>();
  for (const constraint of constraints) {
    const key = constraintKey(constraint);
    if (names.has(key)) throw new PolicyError('bundle-invalid', `the bundle has two constraints ${key}`);
    names.add(key);
    const template = kinds.get(constraint.kind);
    if (!template) throw new PolicyError('bundle-invalid', `the constraint ${key} has no template in the bundle`);
    checkMatch(constraint, template.target);
  }
  const sorted = {
    templates: [...templates].sort((a, b) => (a.kind < b.kind ? -1 : 1)),
    constraints: [...constraints].sort((a, b) => (constraintKey(a) < constraintKey(b) ? -1 : 1)),
  };
  return { digest: canonicalDigest(sorted), ...sorted };
}

function checkMatch(constraint: Constraint, target: string): void {
  const parsed = (target === TARGETS.image ? ImageMatch : KubernetesMatch).safeParse(constraint.match);
  if (!parsed.success)
    throw new PolicyError(
      'match-invalid',
      `the constraint ${constraintKey(constraint)} has an invalid match: ${describeIssue(parsed.error)}`,
    );
}
