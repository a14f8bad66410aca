/** Looks at one image of another registry: its manifest, what is attached to it, and what the trust policy says. */
import { OciError, openRegistry, parseManifest } from '@pratique/oci';
import {
  type CanonicalImage,
  type CompiledTrustPolicy,
  collectEvidence,
  evaluateTrust,
  type FetchLocation,
  fetchLocation,
  matchRules,
  type RuleResult,
  refuseName,
  SignError,
} from '@pratique/sign';
import type { OutboundGuard } from '../outbound/check-target.ts';
import type { Credentials, FindCredentials } from './registry-credentials.ts';

export type Examination =
  | { outcome: 'trusted'; digest: string; rules: RuleResult[] }
  | { outcome: 'refused'; digest: string | null; reasons: string[]; rules: RuleResult[] }
  | { outcome: 'unreachable'; reasons: string[] }
  | { outcome: 'unmatched' };

export type ExamineLimits = {
  /** For everything together, in milliseconds. */
  deadlineMs: number;
  maxBytes: number;
};
export const DEFAULT_LIMITS: ExamineLimits = { deadlineMs: 30_000, maxBytes: 96 * 1024 * 1024 };

export type ExamineDeps = { guard: OutboundGuard; credentials: FindCredentials; limits?: ExamineLimits };

/**
 * Fetches and judges; whatever the registry does, it answers within the deadline. Whether the registry tells the truth
 * about digests is checked; whether it is available is its own matter, and told apart from a refusal.
 */
export async function examine(
  { guard, credentials, limits = DEFAULT_LIMITS }: ExamineDeps,
  policy: CompiledTrustPolicy,
  image: CanonicalImage,
): Promise<Examination> {
  const rules = matchRules(policy, image);
  if (rules.length === 0) return { outcome: 'unmatched' };
  const byName = refuseName(rules, image);
  if (byName) return { outcome: 'refused', digest: image.digest, reasons: [byName], rules: [] };
  const { host, repository } = fetchLocation(policy.policy, image);
  const known = await credentials(host);
  try {
    const source = openSource(guard, { host, repository }, known, limits);
    const manifest = await source.manifest(image.digest ?? image.tag ?? 'latest');
    parseManifest(manifest.bytes, manifest.mediaType); // what two readers could understand differently is no image
    const decision = evaluateTrust(policy, image, await collectEvidence(source, manifest));
    if (decision.outcome === 'unmatched') return decision;
    return decision.outcome === 'trusted'
      ? { outcome: 'trusted', digest: manifest.digest, rules: decision.rules }
      : { outcome: 'refused', digest: manifest.digest, reasons: decision.reasons, rules: decision.rules };
  } catch (error) {
    return explain(error, image, host, known !== null);
  }
}

function openSource(
  guard: OutboundGuard,
  { host, repository }: FetchLocation,
  credentials: Credentials | null,
  limits: ExamineLimits,
) {
  return openRegistry({
    url: registryUrl(guard, host),
    name: repository,
    ...(credentials ? { credentials } : {}),
    fetch: guard.fetcher({ signal: AbortSignal.timeout(limits.deadlineMs), maxBytes: limits.maxBytes, idleMs: 15_000 }),
    timeout: Math.min(10_000, limits.deadlineMs),
    attempts: 2,
  });
}

/** TLS always, except where the configuration says otherwise or the target is this machine. */
function registryUrl(guard: OutboundGuard, host: string): string {
  const url = new URL(`https://${host}`);
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const loopback = name === 'localhost' || name === '::1' || /^127\./.test(name);
  return loopback || guard.isPlain(name, Number(url.port || 443)) ? `http://${host}` : `https://${host}`;
}

const LIES = new Set([
  'digest-mismatch',
  'size-mismatch',
  'manifest-invalid',
  'manifest-unsupported',
  'manifest-too-large',
]);

/** @throws what is no fault of the registry */
function explain(error: unknown, image: CanonicalImage, host: string, isKnown: boolean): Examination {
  const cause = error instanceof SignError && error.cause instanceof OciError ? error.cause : error;
  if (cause instanceof OciError) {
    if (cause.code === 'not-found' && cause === error)
      return {
        outcome: 'refused',
        digest: null,
        reasons: [`${image.host} has no such image: ${cause.message}`],
        rules: [],
      };
    if (LIES.has(cause.code)) return { outcome: 'refused', digest: image.digest, reasons: [cause.message], rules: [] };
    const hint =
      cause.code === 'unauthorized' && !isKnown
        ? `; it is asked without a user name: pratique trust login ACCOUNT ${host} gives one`
        : '';
    return { outcome: 'unreachable', reasons: [`${cause.message}${hint}`] };
  }
  if (error instanceof SignError && error.code === 'source-failed')
    return {
      outcome: 'unreachable',
      reasons: [`${error.message}: ${(error.cause as Error | undefined)?.message ?? ''}`],
    };
  throw error;
}
