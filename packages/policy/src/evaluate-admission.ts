/** Evaluates the constraints of the Kubernetes target on one admission request, as Gatekeeper does. */
import { TARGETS, type Violation } from '@pratique/contract';
import { z } from 'zod';
import type { Bundle } from './bundle.ts';
import { collectViolations, type EvaluateOptions } from './collect-violations.ts';
import type { Constraint } from './constraint.ts';
import type { PolicyEngine } from './engine/client.ts';
import { KubernetesMatch, type Matchable, matchesObject } from './match/kubernetes.ts';

const KubernetesObject = z.looseObject({
  metadata: z
    .looseObject({
      name: z.string().optional(),
      generateName: z.string().optional(),
      labels: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
});

/** The part of admission.k8s.io/v1 AdmissionRequest that is looked at; everything else reaches the policies untouched. */
export const AdmissionRequest = z.looseObject({
  operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
  kind: z.looseObject({ group: z.string().default(''), version: z.string(), kind: z.string() }),
  name: z.string().optional(),
  namespace: z.string().optional(),
  object: KubernetesObject.nullish(),
  oldObject: KubernetesObject.nullish(),
});
export type AdmissionRequest = z.infer<typeof AdmissionRequest>;

/** A Kubernetes Namespace, for namespaceSelector and `input.review.namespaceObject`. */
export type NamespaceObject = z.infer<typeof KubernetesObject>;

const TIMEOUT_MS = 500;

/**
 * Violations of every constraint that matches the request, whatever their action.
 *
 * @param namespaceObject the namespace that the object is in; null when it is not known
 * @throws PolicyError when matching or the engine fails; the caller must deny
 */
export async function evaluateAdmission(
  engine: PolicyEngine,
  bundle: Bundle,
  request: AdmissionRequest,
  namespaceObject: NamespaceObject | null = null,
  options: EvaluateOptions = {},
): Promise<Violation[]> {
  const targets = new Map(bundle.templates.map((template) => [template.kind, template.target]));
  const about = matchableOf(request, namespaceObject);
  const constraints = bundle.constraints.filter(
    (constraint) => targets.get(constraint.kind) === TARGETS.kubernetes && matchesObject(matchOf(constraint), about),
  );
  // Gatekeeper shows policies the old object as the object on a deletion, where Kubernetes sends null.
  const object = request.operation === 'DELETE' && !request.object ? request.oldObject : request.object;
  const review = { ...request, object, ...(namespaceObject ? { namespaceObject } : {}) };
  return collectViolations(engine, bundle, TARGETS.kubernetes, constraints, review, {
    timeoutMs: TIMEOUT_MS,
    ...options,
  });
}

/** Read once for each constraint, not for each review. */
const matches = new WeakMap<Constraint, KubernetesMatch>();

function matchOf(constraint: Constraint): KubernetesMatch {
  const known = matches.get(constraint);
  if (known) return known;
  const match = KubernetesMatch.parse(constraint.match);
  matches.set(constraint, match);
  return match;
}

function matchableOf(request: AdmissionRequest, namespaceObject: NamespaceObject | null): Matchable {
  const bodies = [request.object, request.oldObject].filter((body) => body !== null && body !== undefined);
  const objects = (bodies.length > 0 ? bodies : [{}]).map((body) => ({
    name: body.metadata?.name ?? request.name ?? '',
    generateName: body.metadata?.generateName ?? '',
    labels: body.metadata?.labels ?? {},
  }));
  return {
    group: request.kind.group,
    kind: request.kind.kind,
    namespace: request.namespace ?? '',
    objects,
    namespaceLabels: namespaceObject ? (namespaceObject.metadata?.labels ?? {}) : null,
  };
}
