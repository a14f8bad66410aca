import { describe, test } from 'vitest';
import { PROVENANCE, SPDX } from '../predicates/types.ts';
import { attestImage } from '../sign-image.ts';
import { signSimple } from '../simple-signing.ts';
import {
  byOurs,
  created,
  expectDecision,
  keyless,
  ours,
  type Row,
  rule,
  second,
  sign,
  signedBy,
  signWith,
  stranger,
  summaryOf,
  world,
} from './decision.fixture.ts';
import { attach } from './sigstore.fixture.ts';

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
  ])('%s', (...row) => expectDecision(row));
});
