/** Images, signers of all kinds, and the decision on what hangs on an image. */
import type { TrustPolicyInput } from '@pratique/contract';
import type { Descriptor } from '@pratique/oci';
import { expect } from 'vitest';
import type { SignedArtifact } from '../artifact.ts';
import { MemorySource } from '../image.fixture.ts';
import { createSigner, generateKey } from '../key.ts';
import { COSIGN_SIGN, VSA } from '../predicates/types.ts';
import { signImage } from '../sign-image.ts';
import { canonicalImage } from './canonical-image.ts';
import { compileTrustPolicy } from './compile-policy.ts';
import { collectEvidence, evaluateTrust } from './evaluate-trust.ts';
import { createWorld, ISSUER, SUBJECT } from './sigstore.fixture.ts';

/** Months from now: what is verified must not depend on this machine's clock. */
const ISSUED = new Date(Math.floor(Date.now() / 1000) * 1000 + 90 * 86_400_000);
const MINUTE = 60_000;
export const later = (minutes: number) => new Date(ISSUED.getTime() + minutes * MINUTE);
export const ours = createSigner(generateKey());
export const second = createSigner(generateKey());
export const stranger = createSigner(generateKey());
export const created = new Date('2026-11-22T10:00:00Z');
export const byOurs = { key: ours.publicKey.pem };

export const [world, otherWorld] = await Promise.all([createWorld(ISSUED), createWorld(ISSUED)]);

type Rule = TrustPolicyInput['rules'][number];
type Keyless = { issuer: string; subject: string | { regExp: string }; trustedRoot: string };
export const keyless = (more: object = {}) => ({
  keyless: { issuer: ISSUER, subject: SUBJECT, trustedRoot: 'test', ...more } as Keyless,
});
export const rule = (more: Partial<Rule>): Rule => ({ name: 'acme', images: ['ghcr.io/acme/**'], ...more });
export const signedBy = (...anyOf: NonNullable<Extract<Rule['authorities'], { anyOf: unknown }>>['anyOf']): Rule =>
  rule({ authorities: { anyOf } });

function setUp() {
  const source = new MemorySource();
  const image = source.addImage('app');
  const other = source.addImage('other');
  return { source, image, other };
}
type Setting = ReturnType<typeof setUp>;

async function decide({ source, image }: Setting, rules: Rule[]) {
  const policy = compileTrustPolicy({ version: 1, trustedRoots: { test: world.root }, rules });
  const evidence = await collectEvidence(source, await source.manifest(image.digest));
  return evaluateTrust(policy, canonicalImage('ghcr.io/acme/app:1'), evidence);
}

export const signWith = (signer: typeof ours, subject: Descriptor) => signImage({ subject, signer, created });
export const summaryOf = (result: string) => ({
  type: VSA,
  body: { verificationResult: result, timeVerified: '2026-11-22T09:00:00Z' },
});
export const sign = { type: COSIGN_SIGN, body: {} };

export type Row = [
  string,
  (setting: Setting) => Promise<SignedArtifact | SignedArtifact[] | null>,
  Rule[] | (() => Rule[]),
  RegExp | null,
];

/** Prepares what is attached to an image and expects the decision on it: a refusal by its words, null for trust. */
export async function expectDecision([, prepare, rules, refusal]: Row): Promise<void> {
  const setting = setUp();
  const made = await prepare(setting);
  for (const artifact of made === null ? [] : Array.isArray(made) ? made : [made]) setting.source.put(artifact);
  const decision = await decide(setting, typeof rules === 'function' ? rules() : rules);
  if (refusal === null) expect(decision).toMatchObject({ outcome: 'trusted' });
  else {
    expect(decision.outcome).toBe('refused');
    expect(decision.outcome === 'refused' && decision.reasons.join('\n')).toMatch(refusal);
  }
}

export const payloadOf = (digest: string) =>
  Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': 'x' },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );
