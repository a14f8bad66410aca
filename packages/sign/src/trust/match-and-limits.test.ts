import type { TrustPolicyInput } from '@pratique/contract';
import type { Descriptor } from '@pratique/oci';
import { describe, expect, test } from 'vitest';
import { MemorySource } from '../image.fixture.ts';
import { createSigner, generateKey } from '../key.ts';
import { signImage } from '../sign-image.ts';
import { canonicalImage } from './canonical-image.ts';
import { compileTrustPolicy } from './compile-policy.ts';
import { collectEvidence, evaluateTrust } from './evaluate-trust.ts';
import { attach } from './sigstore.fixture.ts';

const ours = createSigner(generateKey());
const stranger = createSigner(generateKey());
const byOurs = { key: ours.publicKey.pem };
type Rule = TrustPolicyInput['rules'][number];
const rule = (more: Partial<Rule>): Rule => ({ name: 'acme', images: ['ghcr.io/acme/**'], ...more });
const signedBy = (authority: { key: string }): Rule => rule({ authorities: { anyOf: [authority] } });
const signWith = (signer: typeof ours, subject: Descriptor) =>
  signImage({ subject, signer, created: new Date('2026-11-22T10:00:00Z') });

function setUp() {
  const source = new MemorySource();
  return { source, image: source.addImage('app') };
}

async function decide({ source, image }: ReturnType<typeof setUp>, rules: Rule[], name = 'ghcr.io/acme/app:1') {
  const evidence = await collectEvidence(source, await source.manifest(image.digest));
  return evaluateTrust(compileTrustPolicy({ version: 1, rules }), canonicalImage(name), evidence);
}

describe('the rules for a name', () => {
  test.each<[string, string, Partial<Rule>, string, RegExp | null]>([
    ['match no other registry', 'docker.io/acme/app', {}, 'unmatched', null],
    ['match the port 443 too', 'ghcr.io:443/acme/app:1', {}, 'trusted', null],
    ['match a host in capitals', 'GHCR.io/acme/app:1', {}, 'trusted', null],
    ['leave out what is excepted', 'ghcr.io/acme/test/app:1', { except: ['ghcr.io/acme/test/**'] }, 'unmatched', null],
    [
      'refuse a tag that is not allowed',
      'ghcr.io/acme/app:dev',
      { tags: { allow: ['v*'] } },
      'refused',
      /allows the tags v\*, not dev/,
    ],
    ['take no tag for latest', 'ghcr.io/acme/app', { tags: { allow: ['v*'] } }, 'refused', /not latest/],
    [
      'refuse a tag where a digest is asked for',
      'ghcr.io/acme/app:v1',
      { tags: { requireDigest: true } },
      'refused',
      /asks for a digest/,
    ],
  ])('%s', async (_, name, more, outcome, reason) => {
    const decision = await decide(setUp(), [rule({ unsigned: 'allow', ...more })], name);
    expect(decision.outcome).toBe(outcome);
    if (reason) expect(decision.outcome === 'refused' && decision.reasons.join('\n')).toMatch(reason);
  });
});

describe('an image with too much attached', () => {
  test('is refused, and told that not all was looked at', async () => {
    const setting = setUp();
    const junk = await signWith(stranger, setting.image);
    // Ten thousand entries of one index, as a registry may answer.
    setting.source.put(junk);
    const listed = await setting.source.referrers(setting.image.digest);
    setting.source.referrers = async () => Array.from({ length: 10_000 }, () => listed[0] as Descriptor);
    const decision = await decide(setting, [signedBy(byOurs)]);
    expect(decision.outcome === 'refused' && decision.reasons.join('\n')).toMatch(
      /9000 more attachments were not looked at/,
    );
  });

  test('is refused when a bundle is too large to be read', async () => {
    const setting = setUp();
    const made = attach(setting.image, Buffer.alloc(33 * 1024 * 1024, 32));
    setting.source.put(made);
    const decision = await decide(setting, [signedBy(byOurs)]);
    expect(decision.outcome === 'refused' && decision.reasons.join('\n')).toMatch(/the attachment has \d+ bytes/);
  });

  test('is trusted all the same when a listed attachment is gone', async () => {
    const setting = setUp();
    setting.source.put(await signWith(ours, setting.image));
    const real = await setting.source.referrers(setting.image.digest);
    const gone = { ...(real[0] as Descriptor), digest: `sha256:${'0'.repeat(64)}` };
    setting.source.referrers = async () => [gone, ...real];
    expect(await decide(setting, [signedBy(byOurs)])).toMatchObject({ outcome: 'trusted' });
  });
});
