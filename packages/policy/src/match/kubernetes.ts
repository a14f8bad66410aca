/** Which Kubernetes objects a constraint is about: Gatekeeper's match, with its corner cases. */
import { z } from 'zod';
import { PolicyError } from '../error.ts';
import { LabelSelector, selects } from './labels.ts';
import { matchesWildcard } from './wildcard.ts';

const Names = z
  .array(
    z
      .string()
      .max(253)
      .regex(/^\*?[-:a-z0-9]*\*?$/, 'a name may have an asterisk at its ends only'),
  )
  .max(500);

export const KubernetesMatch = z.strictObject({
  source: z.enum(['All', 'Original', 'Generated']).optional(),
  kinds: z
    .array(z.strictObject({ apiGroups: z.array(z.string()).optional(), kinds: z.array(z.string()).optional() }))
    .max(200)
    .optional(),
  scope: z.enum(['*', 'Cluster', 'Namespaced']).optional(),
  namespaces: Names.optional(),
  excludedNamespaces: Names.optional(),
  labelSelector: LabelSelector.optional(),
  namespaceSelector: LabelSelector.optional(),
  name: z.string().max(253).optional(),
});
export type KubernetesMatch = z.infer<typeof KubernetesMatch>;

/** What matching looks at. `namespaceLabels` is null when the namespace object is not at hand. */
export type Matchable = {
  group: string;
  kind: string;
  /** The object's namespace; empty for objects of the cluster. */
  namespace: string;
  /** Bodies to look at: the object, and the old one on an update or deletion. Any of them matching is a match. */
  objects: readonly { name: string; generateName: string; labels: Readonly<Record<string, string>> }[];
  namespaceLabels: Readonly<Record<string, string>> | null;
};

/**
 * True when the constraint is about the object.
 *
 * @throws PolicyError `match-invalid` when a namespaceSelector is asked about an object whose namespace is not known; callers deny
 * @see open-policy-agent/gatekeeper pkg/mutation/match
 */
export function matchesObject(match: KubernetesMatch, about: Matchable): boolean {
  const isNamespace = about.kind === 'Namespace' && about.group === '';
  if (!matchesKind(match, about) || !matchesScope(match, about, isNamespace)) return false;
  return about.objects.some((object) => {
    const namespace = isNamespace ? object.name : about.namespace;
    // An object of the cluster has no namespace that could exclude it.
    if (
      namespace !== '' &&
      match.namespaces?.length &&
      !match.namespaces.some((glob) => matchesWildcard(glob, namespace))
    )
      return false;
    if (namespace !== '' && match.excludedNamespaces?.some((glob) => matchesWildcard(glob, namespace))) return false;
    if (match.labelSelector && !selects(match.labelSelector, object.labels)) return false;
    if (match.name && !matchesWildcard(match.name, object.name || object.generateName)) return false;
    return matchesNamespaceLabels(match, about, isNamespace ? object.labels : null);
  });
}

function matchesKind(match: KubernetesMatch, about: Matchable): boolean {
  if (!match.kinds?.length) return true;
  const among = (names: string[] | undefined, name: string) =>
    !names?.length || names.includes('*') || names.includes(name);
  return match.kinds.some((entry) => among(entry.kinds, about.kind) && among(entry.apiGroups, about.group));
}

function matchesScope(match: KubernetesMatch, about: Matchable, isNamespace: boolean): boolean {
  if (match.scope === 'Cluster') return isNamespace || about.namespace === '';
  if (match.scope === 'Namespaced') return !isNamespace && about.namespace !== '';
  return true;
}

function matchesNamespaceLabels(
  match: KubernetesMatch,
  about: Matchable,
  own: Readonly<Record<string, string>> | null,
): boolean {
  if (!match.namespaceSelector) return true;
  if (own) return selects(match.namespaceSelector, own);
  if (about.namespace === '') return true;
  if (!about.namespaceLabels)
    throw new PolicyError(
      'match-invalid',
      `a namespaceSelector cannot be answered: the labels of the namespace ${about.namespace} are not known`,
    );
  return selects(match.namespaceSelector, about.namespaceLabels);
}
