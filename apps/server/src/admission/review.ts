/** Answers one AdmissionReview: exemptions, images, policies, and nothing that fails lets anything through. */
import { AdmissionRequest, evaluateAdmission, type PolicyEngine } from '@pratique/policy';
import { z } from 'zod';
import type { BreakGlass, BreakGlasses } from './break-glass.ts';
import type { ClusterEntry } from './clusters.ts';
import { type ImageJudgement, type JudgeDeps, judgeImage } from './judge-image.ts';
import { type ImageUse, podImages } from './pod-spec.ts';

/** admission.k8s.io/v1; fields that nothing here reads pass untouched. */
export const AdmissionReview = z.looseObject({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: AdmissionRequest.and(
    z.looseObject({
      uid: z.string().min(1).max(128),
      subResource: z.string().nullish(),
      dryRun: z.boolean().nullish(),
      userInfo: z.looseObject({ username: z.string().nullish() }).nullish(),
    }),
  ),
});
export type AdmissionReview = z.infer<typeof AdmissionReview>;

export type ReviewDeps = JudgeDeps & { engine: PolicyEngine; breakGlasses: BreakGlasses };

export type ReviewOutcome = {
  allowed: boolean;
  /** Sentences that deny, or would in enforce mode. */
  reasons: string[];
  warnings: string[];
  images: ImageJudgement[];
  /** What let it in although there were reasons against it; null when nothing did. */
  breakGlass: BreakGlass | null;
  /** Nothing was looked at: the namespace is exempt, or the object makes no pods. */
  exempt: boolean;
};

const EXEMPT: ReviewOutcome = { allowed: true, reasons: [], warnings: [], images: [], breakGlass: null, exempt: true };
const MAX_PARALLEL_IMAGES = 100;

/** Validation: every image judged and pinned, every constraint evaluated. */
export async function reviewObject(
  deps: ReviewDeps,
  cluster: ClusterEntry,
  { request }: AdmissionReview,
): Promise<ReviewOutcome> {
  if (request.operation === 'DELETE' || request.operation === 'CONNECT') return EXEMPT;
  if (cluster.exemptNamespaces.includes(request.namespace ?? '')) return EXEMPT;
  const found = podImages(request.kind, request.object);
  if (found.outcome === 'no-pods') return EXEMPT;
  if (found.outcome === 'invalid') return settle(cluster, [found.message], [], []);
  if (found.uses.length > MAX_PARALLEL_IMAGES * 5)
    return settle(
      cluster,
      [`the object names ${found.uses.length} containers; at most ${MAX_PARALLEL_IMAGES * 5} are judged`],
      [],
      [],
    );
  // A pod that is being deleted starts nothing; were it judged, a verdict that expired would keep its finalizers for ever.
  if (isEnding(request) && keepsImages(request, found.uses)) return EXEMPT;
  const distinct = [...new Set(found.uses.map((use) => use.image))];
  const [images, violations] = await Promise.all([
    Promise.all(distinct.map((image) => judgeImage(deps, cluster, image))),
    evaluatePolicies(deps, cluster, request),
  ]);
  const isPod = request.kind.kind === 'Pod' && request.kind.group === '';
  const isOld = startsNothing(request, found.uses);
  const reasons = images.flatMap((image) => (softens(image, isPod, isOld) === null ? (image.reason ?? []) : []));
  // Where nothing is denied in the end, saying so would be wrong.
  const softened = cluster.mode === 'dryrun' ? [] : images.flatMap((image) => softens(image, isPod, isOld) ?? []);
  const warnings = [...softened, ...violations.warn];
  if (isPod && !isOld)
    for (const image of images)
      if (image.reason === null && !image.isPinned)
        reasons.push(
          `${image.reference} is not pinned by its digest, so another image could run under its name; the mutating webhook pins it to ${image.pinned ?? ''}: is it configured?`,
        );
  reasons.push(...violations.deny);
  const glass =
    reasons.length > 0 && cluster.mode === 'enforce' ? await deps.breakGlasses.find(cluster, request) : null;
  if (glass?.outcome === 'open') return breakGlass(glass.glass, reasons, warnings, images);
  return settle(cluster, glass ? [...reasons, glass.message] : reasons, warnings, images);
}

type Request = AdmissionReview['request'];

const isEnding = (request: Request): boolean =>
  request.operation === 'UPDATE' &&
  typeof (request.oldObject?.metadata as Record<string, unknown> | undefined)?.['deletionTimestamp'] === 'string';

/**
 * What is told instead of a refusal where nothing starts. A Deployment of an image that is being examined had to be
 * applied again by somebody, whereas its pods are asked for again and again. And what is refused by now could not be
 * scaled down, its mended successor not rolled out, its finished Job not cleaned up. The pods that come of it are judged.
 */
function softens(image: ImageJudgement, isPod: boolean, isOld: boolean): string | null {
  if (image.reason === null) return null;
  if (isOld) return `the next pod of this would be denied: ${image.reason}`;
  return image.isUndecided && !isPod ? `${image.reference} is being examined; pods of it start afterwards` : null;
}

/** A change that leaves the images. A pod that waits at a gate has not started yet: it is judged when it is let go. */
function startsNothing(request: Request, uses: readonly ImageUse[]): boolean {
  const spec = (request.oldObject as { spec?: { schedulingGates?: unknown[] | null } | null } | null | undefined)?.spec;
  return request.operation === 'UPDATE' && keepsImages(request, uses) && !(spec?.schedulingGates?.length ?? 0);
}

function keepsImages(request: Request, uses: readonly ImageUse[]): boolean {
  const before = podImages(request.kind, request.oldObject);
  return (
    before.outcome === 'images' &&
    JSON.stringify(before.uses.map((use) => [use.pointer, use.image])) ===
      JSON.stringify(uses.map((use) => [use.pointer, use.image]))
  );
}

/** Mutation: what a pod's images must be replaced with. Refuses nothing: validation follows, and it does. */
export async function pinImages(
  deps: JudgeDeps,
  cluster: ClusterEntry,
  { request }: AdmissionReview,
): Promise<{ op: 'replace'; path: string; value: string }[]> {
  if (
    request.operation === 'DELETE' ||
    request.operation === 'CONNECT' ||
    request.kind.kind !== 'Pod' ||
    request.kind.group !== ''
  )
    return [];
  if (cluster.exemptNamespaces.includes(request.namespace ?? '')) return [];
  const found = podImages(request.kind, request.object);
  if (found.outcome !== 'images') return [];
  // Another name for what runs would start it again.
  if (startsNothing(request, found.uses)) return [];
  const judged = new Map<string, ImageJudgement>();
  await Promise.all(
    [...new Set(found.uses.map((use) => use.image))].map(async (image) =>
      judged.set(image, await judgeImage(deps, cluster, image)),
    ),
  );
  return found.uses.flatMap((use) => {
    const image = judged.get(use.image);
    return image?.reason === null && image.pinned !== null && !image.isPinned
      ? [{ op: 'replace' as const, path: use.pointer, value: image.pinned }]
      : [];
  });
}

async function evaluatePolicies(
  deps: ReviewDeps,
  cluster: ClusterEntry,
  request: AdmissionReview['request'],
): Promise<{ deny: string[]; warn: string[] }> {
  if (!cluster.bundle)
    return { deny: ['the policies of the account are not there yet; try again in a moment'], warn: [] };
  const violations = await evaluateAdmission(deps.engine, cluster.bundle, request);
  const text = (violation: (typeof violations)[number]) => `${violation.constraint}: ${violation.msg}`;
  return {
    deny: violations.filter((violation) => violation.action === 'deny').map(text),
    warn: violations.filter((violation) => violation.action === 'warn').map(text),
  };
}

/** Let in against all reasons; the person sees them, and everybody hears of it. */
function breakGlass(glass: BreakGlass, reasons: string[], warnings: string[], images: ImageJudgement[]): ReviewOutcome {
  const told = `admitted by the break-glass ${glass.name} of ${glass.by}, until ${glass.until}; this is reported`;
  const softened = reasons.map((reason) => `would be denied: ${reason}`);
  return {
    allowed: true,
    reasons,
    warnings: [told, ...softened, ...warnings],
    images,
    breakGlass: glass,
    exempt: false,
  };
}

function settle(cluster: ClusterEntry, reasons: string[], warnings: string[], images: ImageJudgement[]): ReviewOutcome {
  if (cluster.mode === 'enforce')
    return { allowed: reasons.length === 0, reasons, warnings, images, breakGlass: null, exempt: false };
  const softened = cluster.mode === 'warn' ? reasons.map((reason) => `would be denied: ${reason}`) : [];
  return { allowed: true, reasons, warnings: [...softened, ...warnings], images, breakGlass: null, exempt: false };
}
