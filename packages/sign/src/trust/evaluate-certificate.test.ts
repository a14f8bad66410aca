import { describe, test } from 'vitest';
import {
  byOurs,
  expectDecision,
  keyless,
  later,
  otherWorld,
  ours,
  payloadOf,
  type Row,
  sign,
  signedBy,
  stranger,
  world,
} from './decision.fixture.ts';
import { attach, attachSimple, SUBJECT } from './sigstore.fixture.ts';

describe('an image is', () => {
  test.each<Row>([
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
  ])('%s', (...row) => expectDecision(row));
});
