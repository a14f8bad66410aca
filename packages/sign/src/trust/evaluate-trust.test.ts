import type { TrustPolicyInput } from '@pratique/contract';
import type { Descriptor } from '@pratique/oci';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SignedArtifact } from '../artifact.ts';
import { MemorySource } from '../image.fixture.ts';
import { createSigner, generateKey } from '../key.ts';
import { COSIGN_SIGN, PROVENANCE, SPDX, VSA } from '../predicates/types.ts';
import { attestImage, signImage } from '../sign-image.ts';
import { signSimple } from '../simple-signing.ts';
import { canonicalImage } from './canonical-image.ts';
import { compileTrustPolicy } from './compile-policy.ts';
import { collectEvidence, evaluateTrust } from './evaluate-trust.ts';
import { attach, attachSimple, createWorld, ISSUER, SUBJECT } from './sigstore.fixture.ts';

/** Months from now: what is verified must not depend on this machine's clock. */
const ISSUED = new Date(Math.floor(Date.now() / 1000) * 1000 + 90 * 86_400_000);
const MINUTE = 60_000;
const later = (minutes: number) => new Date(ISSUED.getTime() + minutes * MINUTE);
const ours = createSigner(generateKey());
const second = createSigner(generateKey());
const stranger = createSigner(generateKey());
const created = new Date('2026-11-22T10:00:00Z');
const byOurs = { key: ours.publicKey.pem };

let world: Awaited<ReturnType<typeof createWorld>>;
let otherWorld: typeof world;
beforeAll(async () => {
  [world, otherWorld] = await Promise.all([createWorld(ISSUED), createWorld(ISSUED)]);
});

type Rule = TrustPolicyInput['rules'][number];
type Keyless = { issuer: string; subject: string | { regExp: string }; trustedRoot: string };
const keyless = (more: object = {}) => ({
  keyless: { issuer: ISSUER, subject: SUBJECT, trustedRoot: 'test', ...more } as Keyless,
});
const rule = (more: Partial<Rule>): Rule => ({ name: 'acme', images: ['ghcr.io/acme/**'], ...more });
const signedBy = (...anyOf: NonNullable<Extract<Rule['authorities'], { anyOf: unknown }>>['anyOf']): Rule =>
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

const signWith = (signer: typeof ours, subject: Descriptor) => signImage({ subject, signer, created });
const summaryOf = (result: string) => ({
  type: VSA,
  body: { verificationResult: result, timeVerified: '2026-11-22T09:00:00Z' },
});
const sign = { type: COSIGN_SIGN, body: {} };

type Row = [
  string,
  (setting: Setting) => Promise<SignedArtifact | SignedArtifact[] | null>,
  Rule[] | (() => Rule[]),
  RegExp | null,
];

describe('an image is', () => {
  test.each<Row>([
    ['trusted when the key signed it', ({ image }) => signWith(ours, image), [signedBy(byOurs)], null],
    [
      'trusted when the key signed it in the older form',
      ({ image }) => signSimple('x', { subject: image, signer: ours, created }),
      [signedBy(byOurs)],
      null,
    ],
    [
      'refused when nobody signed it',
      async () => null,
      [signedBy(byOurs)],
      /asks for a signature .*nothing is attached/,
    ],
    [
      'refused when another key signed it',
      ({ image }) => signWith(stranger, image),
      [signedBy(byOurs)],
      /no trusted key made the signature/,
    ],
    [
      'refused when the signature is of another image',
      async ({ image, other }) =>
        attach(image, JSON.parse((await signWith(ours, other)).blobs[1]?.bytes.toString() ?? '')),
      [signedBy(byOurs)],
      /the signed statement is about [0-9a-f]{64}, not about/,
    ],
    [
      'refused when the payload was altered',
      async ({ image, other }) => {
        const bundle = JSON.parse((await signWith(ours, other)).blobs[1]?.bytes.toString() ?? '') as {
          dsseEnvelope: { payload: string };
        };
        const text = Buffer.from(bundle.dsseEnvelope.payload, 'base64')
          .toString()
          .replace(other.digest.slice(7), image.digest.slice(7));
        bundle.dsseEnvelope.payload = Buffer.from(text).toString('base64');
        return attach(image, bundle);
      },
      [signedBy(byOurs)],
      /not its signature of this content/,
    ],
    [
      'refused when the bundle is cut off',
      async ({ image }) =>
        attach(image, (await signWith(ours, image)).blobs[1]?.bytes.subarray(0, 300) ?? Buffer.alloc(1)),
      [signedBy(byOurs)],
      /the bundle is not JSON/,
    ],
    [
      'refused when the key only attests an SBOM',
      ({ image }) => attestImage({ type: SPDX, body: {} }, { subject: image, signer: ours, created }),
      [signedBy(byOurs)],
      /spdx\.dev\/Document, which is no signature/,
    ],
    [
      'trusted when a good signature hangs among broken ones',
      async ({ image }) => [
        attach(image, Buffer.from('{')),
        attach(image, { mediaType: 'x' }),
        await signWith(ours, image),
      ],
      [signedBy(byOurs)],
      null,
    ],
    [
      'refused when the key says FAILED later',
      async ({ image }) => [
        await signWith(ours, image),
        await attestImage(summaryOf('FAILED'), { subject: image, signer: ours, created }),
      ],
      [signedBy(byOurs)],
      /attests that the image failed verification/,
    ],
    [
      'trusted when only a stranger says FAILED',
      async ({ image }) => [
        await signWith(ours, image),
        await attestImage(summaryOf('FAILED'), { subject: image, signer: stranger, created }),
      ],
      [signedBy(byOurs)],
      null,
    ],
    [
      'refused with one of two signatures',
      ({ image }) => signWith(ours, image),
      [rule({ authorities: { allOf: [byOurs, { key: second.publicKey.pem }] } })],
      /of 2 authorities, and 1 count/,
    ],
    [
      'trusted with both of two signatures',
      async ({ image }) => [await signWith(ours, image), await signWith(second, image)],
      [rule({ authorities: { allOf: [byOurs, { key: second.publicKey.pem }] } })],
      null,
    ],
    [
      'refused when one key signed twice and two are wanted',
      async ({ image }) => [
        await signWith(ours, image),
        await signSimple('x', { subject: image, signer: ours, created }),
      ],
      [rule({ authorities: { of: [byOurs, { key: second.publicKey.pem }], atLeast: 2 } })],
      /of 2 authorities, and 1 count/,
    ],
    [
      'refused when one person stands for two authorities',
      async ({ image }) => attach(image, await world.bundle(image.digest, sign)),
      () => [
        rule({
          authorities: { of: [keyless(), keyless({ subject: { regExp: 'https://github.com/acme/.*' } })], atLeast: 2 },
        }),
      ],
      /of 2 authorities, and 1 count/,
    ],
    [
      'trusted by certificate',
      async ({ image }) => attach(image, await world.bundle(image.digest, sign)),
      () => [signedBy(keyless())],
      null,
    ],
    [
      'trusted by certificate when time and log disagree with this machine’s clock by months',
      async ({ image }) => attach(image, await world.bundle(image.digest, sign, { loggedAt: later(9) })),
      () => [signedBy(keyless())],
      null,
    ],
    [
      'trusted by certificate over the manifest’s bytes',
      async ({ image, source }) => attach(image, await world.message((await source.manifest(image.digest)).bytes)),
      () => [signedBy(keyless())],
      null,
    ],
    [
      'refused by certificate over other bytes',
      async ({ image }) => attach(image, await world.message(Buffer.from('other'))),
      () => [signedBy(keyless())],
      /signs other bytes than the image/,
    ],
    [
      'trusted by certificate in the older form',
      async ({ image }) => attachSimple(image, await world.simple(payloadOf(image.digest))),
      () => [signedBy(keyless())],
      null,
    ],
    [
      'refused by certificate in the older form for another image',
      async ({ image, other }) => attachSimple(image, await world.simple(payloadOf(other.digest))),
      () => [signedBy(keyless())],
      /the signature is about sha256:.*, not about/,
    ],
    [
      'refused by certificate in the older form without the log',
      async ({ image }) => attachSimple(image, await world.simple(payloadOf(image.digest), { loggedAt: null })),
      () => [signedBy(keyless())],
      /no log entry and no time stamp/,
    ],
    [
      'refused when the log says it was signed after the certificate had expired',
      async ({ image }) => attach(image, await world.bundle(image.digest, sign, { loggedAt: later(11) })),
      () => [signedBy(keyless())],
      /certificate/,
    ],
    [
      'refused when the log says an hour before the certificate was issued',
      async ({ image }) => attach(image, await world.bundle(image.digest, sign, { loggedAt: later(-60) })),
      () => [signedBy(keyless())],
      /certificate/,
    ],
    [
      'refused when nothing says when it was signed',
      async ({ image }) => attach(image, await world.bundle(image.digest, sign, { loggedAt: null })),
      () => [signedBy(keyless())],
      /no log entry and no time stamp/,
    ],
    [
      'refused when the log’s entry has no signed time',
      async ({ image }) => attach(image, await world.bundle(image.digest, sign, { withoutPromise: true })),
      () => [signedBy(keyless())],
      /timestamps/,
    ],
    [
      'trusted when a time stamp says when, though the log does not',
      async ({ image }) =>
        attach(image, await world.bundle(image.digest, sign, { withoutPromise: true, stampedAt: later(1) })),
      () => [signedBy(keyless())],
      null,
    ],
    [
      'refused when a time stamp says it was too late',
      async ({ image }) =>
        attach(image, await world.bundle(image.digest, sign, { withoutPromise: true, stampedAt: later(20) })),
      () => [signedBy(keyless())],
      /certificate/,
    ],
    [
      'refused with a time stamp alone when a log is demanded',
      async ({ image }) =>
        attach(image, await world.bundle(image.digest, sign, { loggedAt: null, stampedAt: later(1) })),
      () => [signedBy(keyless())],
      /tlog entries/,
    ],
    [
      'trusted with a time stamp alone when no log is demanded',
      async ({ image }) =>
        attach(image, await world.bundle(image.digest, sign, { loggedAt: null, stampedAt: later(1) })),
      () => [signedBy(keyless({ log: 'optional' }))],
      null,
    ],
    [
      'refused from another authority',
      async ({ image }) => attach(image, await otherWorld.bundle(image.digest, sign)),
      () => [signedBy(keyless())],
      /certificate/,
    ],
    [
      'refused from another issuer',
      async ({ image }) =>
        attach(image, await world.bundle(image.digest, sign, { issuer: 'https://token.actions.test.evil' })),
      () => [signedBy(keyless())],
      /known to "https:\/\/token\.actions\.test\.evil"/,
    ],
    [
      'refused for another subject',
      async ({ image }) =>
        attach(image, await world.bundle(image.digest, sign, { subject: 'https://github.com/evil/app' })),
      () => [signedBy(keyless())],
      /its signer is "https:\/\/github\.com\/evil\/app"/,
    ],
    [
      'refused for a subject that only contains the wanted one',
      async ({ image }) =>
        attach(image, await world.bundle(image.digest, sign, { subject: `https://evil.test/${SUBJECT}` })),
      () => [signedBy(keyless({ subject: { regExp: 'https://github\\.com/acme/.*' } }))],
      /its signer is "https:\/\/evil\.test/,
    ],
    [
      'trusted for a subject that the expression matches whole',
      async ({ image }) => attach(image, await world.bundle(image.digest, sign)),
      () => [signedBy(keyless({ subject: { regExp: 'https://github\\.com/acme/.*' } }))],
      null,
    ],
    [
      'trusted with the demanded extension',
      async ({ image }) =>
        attach(image, await world.bundle(image.digest, sign, { extensions: { '14': 'refs/tags/v1' } })),
      () => [signedBy(keyless({ extensions: { sourceRef: { regExp: 'refs/tags/v.*' } } }))],
      null,
    ],
    [
      'refused with another extension',
      async ({ image }) =>
        attach(image, await world.bundle(image.digest, sign, { extensions: { '14': 'refs/heads/dev' } })),
      () => [signedBy(keyless({ extensions: { sourceRef: { regExp: 'refs/tags/v.*' } } }))],
      /its sourceRef is "refs\/heads\/dev"/,
    ],
    [
      'refused without the demanded extension',
      async ({ image }) => attach(image, await world.bundle(image.digest, sign)),
      () => [signedBy(keyless({ extensions: { sourceRepository: 'https://github.com/acme/app' } }))],
      /its sourceRepository is nothing/,
    ],
    [
      'refused by certificate when a key is wanted',
      async ({ image }) => attach(image, await world.bundle(image.digest, sign)),
      [signedBy(byOurs)],
      /no trusted key/,
    ],
    [
      'refused by key when a certificate is wanted',
      ({ image }) => signWith(ours, image),
      () => [signedBy(keyless())],
      /made with a key, not with a certificate/,
    ],
    [
      'refused by a key outside the log when the log is demanded',
      ({ image }) => signWith(ours, image),
      () => [signedBy({ ...byOurs, log: { trustedRoot: 'test' } })],
      /no log entry and no time stamp/,
    ],
    [
      'trusted by a key inside the log when the log is demanded',
      async ({ image }) => attach(image, await world.byKey(image.digest, sign, ours)),
      () => [signedBy({ ...byOurs, log: { trustedRoot: 'test' } })],
      null,
    ],
    [
      'refused by a key inside another log than the demanded',
      async ({ image }) => attach(image, await otherWorld.byKey(image.digest, sign, ours)),
      () => [signedBy({ ...byOurs, log: { trustedRoot: 'test' } })],
      /the rule acme asks for a signature/,
    ],
    [
      'refused by another key inside the log',
      async ({ image }) => attach(image, await world.byKey(image.digest, sign, stranger)),
      () => [signedBy({ ...byOurs, log: { trustedRoot: 'test' } })],
      /no trusted key made the signature/,
    ],
    [
      'refused by the key with the log entry of its signature of another image',
      async ({ image, other }) => {
        type Logged = { verificationMaterial: { tlogEntries: unknown } };
        const made = (await world.byKey(image.digest, sign, ours)) as Logged;
        made.verificationMaterial = ((await world.byKey(other.digest, sign, ours)) as Logged).verificationMaterial;
        return attach(image, made);
      },
      () => [signedBy({ ...byOurs, log: { trustedRoot: 'test' } })],
      /the rule acme asks for a signature/,
    ],
    [
      'trusted with the attestation of the right authority',
      async ({ image }) => [
        await signWith(ours, image),
        attach(image, await world.bundle(image.digest, { type: PROVENANCE, body: {} })),
      ],
      () => [
        rule({
          authorities: { anyOf: [byOurs] },
          predicates: [{ type: PROVENANCE, authorities: { anyOf: [keyless()] } }],
        }),
      ],
      null,
    ],
    [
      'refused with the attestation of the wrong authority',
      async ({ image }) => [
        await signWith(ours, image),
        await attestImage({ type: PROVENANCE, body: {} }, { subject: image, signer: ours, created }),
      ],
      () => [
        rule({
          authorities: { anyOf: [byOurs] },
          predicates: [{ type: PROVENANCE, authorities: { anyOf: [keyless()] } }],
        }),
      ],
      /asks for an attestation https:\/\/slsa\.dev\/provenance\/v1/,
    ],
    [
      'trusted by attestation alone where no signature is asked for',
      async ({ image }) => attach(image, await world.bundle(image.digest, { type: PROVENANCE, body: {} })),
      () => [rule({ predicates: [{ type: PROVENANCE, authorities: { anyOf: [keyless()] } }] })],
      null,
    ],
    ['trusted unsigned where a rule says so', async () => null, [rule({ unsigned: 'allow' })], null],
    [
      'refused when one of two matching rules does not hold',
      ({ image }) => signWith(ours, image),
      [
        signedBy(byOurs),
        rule({ name: 'all', images: ['**'], authorities: { anyOf: [{ key: second.publicKey.pem }] } }),
      ],
      /the rule all asks for a signature/,
    ],
  ])('%s', async (_, prepare, rules, refusal) => {
    const setting = setUp();
    const made = await prepare(setting);
    for (const artifact of made === null ? [] : Array.isArray(made) ? made : [made]) setting.source.put(artifact);
    const decision = await decide(setting, typeof rules === 'function' ? rules() : rules);
    if (refusal === null) expect(decision).toMatchObject({ outcome: 'trusted' });
    else {
      expect(decision.outcome).toBe('refused');
      expect(decision.outcome === 'refused' && decision.reasons.join('\n')).toMatch(refusal);
    }
  });
});

const payloadOf = (digest: string) =>
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
