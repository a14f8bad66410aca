import { OCI_MANIFEST } from '@pratique/oci';
import { describe, expect, test } from 'vitest';
import {
  attachmentTag,
  bundleArtifact,
  SIGNATURE_ANNOTATION,
  SIMPLE_SIGNING,
  type SignedArtifact,
} from './artifact.ts';
import { writeBundle } from './bundle.ts';
import { type Envelope, preAuthEncoding, signEnvelope } from './dsse.ts';
import { descriptorOf, MemorySource } from './image.fixture.ts';
import { createSigner, generateKey } from './key.ts';
import { CYCLONEDX, VERDICT, VSA } from './predicates/types.ts';
import { summaryPredicate, verdictPredicate } from './predicates/verdict.ts';
import { attestDenial, attestImage, signImage } from './sign-image.ts';
import { signSimple } from './simple-signing.ts';
import { createStatement, signStatement } from './statement.ts';
import { readStatements, type VerifyRequest, verifyImage } from './verify.ts';

const signer = createSigner(generateKey());
const stranger = createSigner(generateKey());
const created = new Date('2026-11-22T10:00:00.123Z');
const trust = { keys: [signer.publicKey.pem] };

function setUp() {
  const source = new MemorySource();
  const image = source.addImage('web');
  const other = source.addImage('other');
  const verify = (request: Partial<VerifyRequest> = {}) =>
    verifyImage({ digest: image.digest, source, trust, ...request });
  return { source, image, other, verify, sign: { subject: image, signer, created } };
}
type Setting = ReturnType<typeof setUp>;

const verdict = (image: { digest: string }, decision: 'allow' | 'deny', decidedAt: string) => ({
  account: 'acme',
  repository: 'web',
  digest: image.digest,
  decision,
  state: 'valid' as const,
  inputHash: 'sha256:1',
  decidedAt,
  validUntil: '2027-01-01T00:00:00Z',
  reasons: [
    {
      constraint: 'fixable-findings',
      template: 'FixableFindings',
      action: 'deny' as const,
      message: 'CVE-2026-1 (high) affects a 1; version 2 fixes it.',
      details: { id: 'CVE-2026-1' },
    },
  ],
});
const summary = (image: { digest: string }, decision: 'allow' | 'deny', at: string) =>
  summaryPredicate(verdict(image, decision, at), {
    verifier: 'https://registry.example.com',
    version: '0.1.0',
    resourceUri: `oci://registry.example.com/acme/web@${image.digest}`,
    policyDigest: `sha256:${'1'.repeat(64)}`,
  });

/** Pushes a bundle made from an envelope as it is, for what signImage would never make. */
const putEnvelope = ({ source, image }: Setting, envelope: Envelope, key = signer.publicKey): SignedArtifact =>
  source.put(bundleArtifact(envelope, key, { subject: image, predicateType: 'x', created }));

describe('an image signed by a trusted key', () => {
  test('is verified, and its attestations come with it', async () => {
    const { source, image, verify, sign } = setUp();
    source.put(await signImage(sign));
    source.put(await attestImage(summary(image, 'allow', '2026-11-22T10:00:00Z'), sign));
    const verified = await verify({ predicates: [VSA] });
    expect(verified.signatures).toMatchObject([
      { signer: signer.publicKey.fingerprint, form: 'bundle', predicate: {} },
    ]);
    expect(verified.attestations).toMatchObject([{ predicateType: VSA, predicate: { verificationResult: 'PASSED' } }]);
  });

  test('is verified by a payload of cosign 2 under the .sig tag', async () => {
    const setting = setUp();
    await putSimple(setting, setting.image.digest);
    expect((await setting.verify()).signatures).toMatchObject([
      { form: 'simple', signer: signer.publicKey.fingerprint },
    ]);
  });

  test('is verified by our own signature of cosign 2 form', async () => {
    const { source, sign, verify } = setUp();
    source.put(await signSimple('registry.example.com/acme/web', sign));
    expect((await verify()).signatures).toMatchObject([{ form: 'simple', signer: signer.publicKey.fingerprint }]);
  });

  test('is verified although broken and foreign attachments surround the signature', async () => {
    const setting = setUp();
    const broken = putEnvelope(setting, await signEnvelope(Buffer.from('{'), 'application/vnd.in-toto+json', signer));
    setting.source.blobs.set(broken.blobs[1]?.descriptor.digest ?? '', Buffer.from('not what was pushed'));
    setting.source.put(await signImage({ ...setting.sign, signer: stranger }));
    setting.source.put(await signImage(setting.sign));
    expect((await setting.verify()).signatures).toHaveLength(1);
  });

  test('an artifact is the same bytes each time, but for the signature', async () => {
    const { sign, image } = setUp();
    const envelope = await signStatement(createStatement(image.digest, { type: 'x', body: {} }), signer);
    const make = () =>
      bundleArtifact(envelope, signer.publicKey, { subject: image, predicateType: 'x', created: sign.created });
    expect(make()).toEqual(make());
    expect(JSON.parse(make().manifest.bytes.toString()).annotations['org.opencontainers.image.created']).toBe(
      '2026-11-22T10:00:00Z',
    );
  });
});

async function putSimple({ source, image }: Setting, digest: string, by = signer): Promise<void> {
  const payload = Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': '' },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );
  const layer = {
    ...descriptorOf(payload, SIMPLE_SIGNING),
    annotations: { [SIGNATURE_ANNOTATION]: (await by.sign(payload)).toString('base64') },
  };
  const config = Buffer.from('{}');
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
      layers: [layer],
    }),
  );
  source.blobs.set(layer.digest, payload);
  source.putManifest(
    { digest: descriptorOf(bytes, OCI_MANIFEST).digest, mediaType: OCI_MANIFEST, bytes },
    attachmentTag(image.digest, 'sig'),
  );
}

const refused: [string, string, (setting: Setting) => Promise<Partial<VerifyRequest> | void>][] = [
  ['nothing attached', 'no-signature', async () => {}],
  [
    'a signature by a key that is not trusted',
    'key-unknown',
    async ({ source, sign }) => void source.put(await signImage({ ...sign, signer: stranger })),
  ],
  [
    'a stranger’s signature that names the trusted key',
    'signature-invalid',
    async (setting) => {
      const envelope = await signStatement(
        createStatement(setting.image.digest, { type: 'https://sigstore.dev/cosign/sign/v1', body: {} }),
        stranger,
      );
      putEnvelope(setting, envelope);
    },
  ],
  [
    'a signature of another image hung on this one',
    'subject-mismatch',
    async (setting) => {
      putEnvelope(
        setting,
        await signStatement(
          createStatement(setting.other.digest, { type: 'https://sigstore.dev/cosign/sign/v1', body: {} }),
          signer,
        ),
      );
    },
  ],
  [
    'a payload of cosign 2 about another image',
    'subject-mismatch',
    async (setting) => putSimple(setting, setting.other.digest),
  ],
  [
    'a payload of cosign 2 by a stranger',
    'key-unknown',
    async (setting) => putSimple(setting, setting.image.digest, stranger),
  ],
  [
    'a flipped byte in the payload',
    'signature-invalid',
    async (setting) => {
      const envelope = await signStatement(
        createStatement(setting.image.digest, { type: 'https://sigstore.dev/cosign/sign/v1', body: {} }),
        signer,
      );
      const bytes = Buffer.from(envelope.payload, 'base64');
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      putEnvelope(setting, { ...envelope, payload: bytes.toString('base64') });
    },
  ],
  [
    'a flipped byte in the signature',
    'signature-invalid',
    async (setting) => {
      const envelope = await signStatement(
        createStatement(setting.image.digest, { type: 'https://sigstore.dev/cosign/sign/v1', body: {} }),
        signer,
      );
      const bytes = Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64');
      bytes[40] = (bytes[40] ?? 0) ^ 1;
      putEnvelope(setting, { ...envelope, signatures: [{ sig: bytes.toString('base64') }] });
    },
  ],
  [
    'another payload type over the same payload',
    'statement-invalid',
    async (setting) => {
      const envelope = await signStatement(
        createStatement(setting.image.digest, { type: 'https://sigstore.dev/cosign/sign/v1', body: {} }),
        signer,
      );
      putEnvelope(setting, { ...envelope, payloadType: 'text/plain' });
    },
  ],
  [
    'a signed statement without subject',
    'statement-invalid',
    async (setting) => {
      putEnvelope(
        setting,
        await signEnvelope(
          Buffer.from('{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"x","predicate":{}}'),
          'application/vnd.in-toto+json',
          signer,
        ),
      );
    },
  ],
  [
    'a signed payload that is no JSON',
    'statement-invalid',
    async (setting) =>
      void putEnvelope(setting, await signEnvelope(Buffer.from('{'), 'application/vnd.in-toto+json', signer)),
  ],
  [
    'a bundle without envelope',
    'bundle-invalid',
    async ({ source, sign }) => {
      const artifact = await signImage(sign);
      const layer = artifact.blobs[1];
      source.put(artifact);
      source.blobs.set(
        layer?.descriptor.digest ?? '',
        Buffer.from(JSON.stringify({ mediaType: layer?.descriptor.mediaType, verificationMaterial: {} })),
      );
    },
  ],
  [
    'a signature whose blob is gone',
    'bundle-invalid',
    async ({ source, sign }) =>
      void source.blobs.delete(source.put(await signImage(sign)).blobs[1]?.descriptor.digest ?? ''),
  ],
  [
    'an attestation and no signature',
    'no-signature',
    async ({ source, image, sign }) =>
      void source.put(await attestImage(summary(image, 'allow', '2026-11-22T10:00:00Z'), sign)),
  ],
  [
    'a signed denial and no signature',
    'verdict-failed',
    async ({ source, image, sign }) =>
      void source.put(await attestDenial([summary(image, 'deny', '2026-11-22T10:00:00Z')], sign)),
  ],
  [
    'a signature that a later denial overrules',
    'verdict-failed',
    async ({ source, image, sign }) => {
      source.put(await signImage(sign));
      source.put(await attestImage(summary(image, 'allow', '2026-11-22T10:00:00Z'), sign));
      source.put(await attestDenial([summary(image, 'deny', '2026-11-22T11:00:00Z')], sign));
    },
  ],
  [
    'a missing predicate',
    'predicate-missing',
    async ({ source, sign }) => {
      source.put(await signImage(sign));
      return { predicates: [CYCLONEDX] };
    },
  ],
  [
    'a predicate by a stranger only',
    'predicate-missing',
    async ({ source, sign }) => {
      source.put(await signImage(sign));
      source.put(
        await attestImage(
          { type: CYCLONEDX, body: { bomFormat: 'CycloneDX', specVersion: '1.6' } },
          { ...sign, signer: stranger },
        ),
      );
      return { predicates: [CYCLONEDX] };
    },
  ],
  [
    'a key that has expired',
    'key-expired',
    async ({ source, sign }) => {
      source.put(await signImage(sign));
      return {
        trust: { keys: [{ pem: signer.publicKey.pem, validUntil: new Date('2026-11-01') }] },
        now: new Date('2026-11-22'),
      };
    },
  ],
  [
    'no trusted key at all',
    'key-unknown',
    async ({ source, sign }) => {
      source.put(await signImage(sign));
      return { trust: { keys: [] } };
    },
  ],
  [
    'a registry that is away',
    'source-failed',
    async ({ source, sign }) => {
      source.put(await signImage(sign));
      source.unreachable = true;
    },
  ],
];

describe('an image is refused with', () => {
  test.each(refused)('%s: %s', async (_, code, arrange) => {
    const setting = setUp();
    const request = (await arrange(setting)) ?? {};
    await expect(setting.verify(request)).rejects.toMatchObject({ name: 'SignError', code });
  });
});

describe('a denial', () => {
  test('is signed evidence with reasons, that only a later PASSED overrules', async () => {
    const { source, image, verify, sign } = setUp();
    const denial = source.put(
      await attestDenial(
        [
          summary(image, 'deny', '2026-11-22T10:00:00Z'),
          verdictPredicate(verdict(image, 'deny', '2026-11-22T10:00:00Z')),
        ],
        sign,
      ),
    );
    expect(denial.tag).toBe(attachmentTag(image.digest, 'att'));
    const statements = await readStatements({ digest: image.digest, source, trust });
    expect(statements.map(({ predicateType }) => predicateType)).toEqual([VSA, VERDICT]);
    expect(statements[1]?.predicate).toMatchObject({ decision: 'deny', reasons: [{ details: { id: 'CVE-2026-1' } }] });
    source.put(await signImage(sign));
    await expect(verify()).rejects.toMatchObject({ code: 'verdict-failed' });
    source.put(await attestImage(summary(image, 'allow', '2026-11-23T10:00:00Z'), sign));
    expect((await verify()).signatures).toHaveLength(1);
  });

  test('by a stranger changes nothing', async () => {
    const { source, image, verify, sign } = setUp();
    source.put(await signImage(sign));
    source.put(await attestDenial([summary(image, 'deny', '2026-11-22T10:00:00Z')], { ...sign, signer: stranger }));
    expect((await verify()).signatures).toHaveLength(1);
  });
});

test('the pre-authentication encoding is the one of the specification', () => {
  // DSSE v1.0 protocol.md, test vector.
  expect(preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world')).toString()).toBe(
    'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  );
});

test('a bundle has the form that cosign 3 writes', async () => {
  const { image } = setUp();
  const envelope = await signStatement(
    createStatement(image.digest, { type: 'https://sigstore.dev/cosign/sign/v1', body: {} }),
    signer,
  );
  expect(JSON.parse(writeBundle(envelope, signer.publicKey).toString())).toEqual({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: signer.publicKey.hint } },
    dsseEnvelope: {
      payload: expect.any(String),
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ sig: expect.any(String) }],
    },
  });
});
