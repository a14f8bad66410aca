import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createLayout, OCI_CONFIG, OCI_MANIFEST } from '@pratique/oci';
import { createSigner, generateKey, signImage } from '@pratique/sign';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type TestHome } from '../testing.ts';
import { EXAMPLE_POLICY } from './example-policy.ts';
import { readPolicyFile } from './read-policy-file.ts';

const signer = createSigner(generateKey());
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' });
let home: TestHome;

const describeBytes = (bytes: Buffer, mediaType: string) => ({
  mediaType,
  digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  size: bytes.length,
});

beforeAll(async () => {
  home = await createHome();
  const layout = await createLayout(join(home.dir, 'image'));
  const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
  await layout.putBlob(describeBytes(config, OCI_CONFIG), Readable.from([config]));
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: describeBytes(config, OCI_CONFIG),
      layers: [],
    }),
  );
  const subject = describeBytes(bytes, OCI_MANIFEST);
  await layout.putManifest({ digest: subject.digest, mediaType: OCI_MANIFEST, bytes }, '1');
  const signed = await signImage({ subject, signer, created: new Date('2026-11-22T10:00:00Z') });
  for (const { descriptor, bytes: blob } of signed.blobs) await layout.putBlob(descriptor, Readable.from([blob]));
  await layout.putManifest(signed.manifest, null);
  await writeFile(join(home.dir, 'acme.pub'), signer.publicKey.pem);
  await writeFile(join(home.dir, 'other.pub'), other);
  const policy = (key: string) =>
    `version: 1\nkeys: { acme: { file: ${key} } }\nrules:\n  - name: acme\n    images: [ghcr.io/acme/**]\n    authorities: { anyOf: [{ key: acme }] }\n`;
  await writeFile(join(home.dir, 'trust.yaml'), policy('acme.pub'));
  await writeFile(join(home.dir, 'distrust.yaml'), policy('other.pub'));
  await writeFile(join(home.dir, 'wrong.yaml'), policy('acme.pub').replace('ghcr.io/acme/**', 'nginx'));
  await writeFile(join(home.dir, 'gone.yaml'), policy('nowhere.pub'));
});
afterAll(() => home.remove());

describe('pratique verify by a policy', () => {
  test('says which rule held, by whom', async () => {
    const ran = await home.run(['verify', 'oci:image:1', '--as', 'ghcr.io/acme/app', '--policy', 'trust.yaml']);
    expect(ran).toMatchObject({ code: 0, notes: '' });
    expect(ran.out).toContain('is trusted\n+ rule acme\n  + signature: 1 of 1\n    + key acme');
  });

  test.each<[string, string[], number, RegExp]>([
    [
      'another key',
      ['--as', 'ghcr.io/acme/app', '--policy', 'distrust.yaml'],
      1,
      /key acme: the signature|no trusted key made the signature/,
    ],
    [
      'another name',
      ['--as', 'ghcr.io/other/app', '--policy', 'trust.yaml'],
      1,
      /no rule of the policy is about ghcr\.io\/other\/app/,
    ],
    ['a place without a name', ['--policy', 'trust.yaml'], 2, /has no name for the policy’s rules: give one with --as/],
    [
      'a policy that is wrong',
      ['--as', 'ghcr.io/acme/app', '--policy', 'wrong.yaml'],
      2,
      /rules\.0\.images\.0: begins with the registry’s host/,
    ],
    [
      'a policy whose key is gone',
      ['--as', 'ghcr.io/acme/app', '--policy', 'gone.yaml'],
      2,
      /nowhere\.pub cannot be read/,
    ],
    ['nobody to trust', ['--as', 'ghcr.io/acme/app'], 2, /say whom to trust: --key FILE, or --policy FILE/],
    ['a key and a policy', ['--key', 'acme.pub', '--policy', 'trust.yaml'], 2, /either by --key or by a trust policy/],
  ])('refuses %s', async (_, options, code, message) => {
    const ran = await home.run(['verify', 'oci:image:1', ...options]);
    expect(ran.code).toBe(code);
    expect(ran.notes).toMatch(message);
  });

  test('prints JSON for programs, refused ones included', async () => {
    const ran = await home.run([
      'verify',
      'oci:image:1',
      '--as',
      'ghcr.io/acme/app',
      '--policy',
      'distrust.yaml',
      '--json',
    ]);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out)).toMatchObject({ outcome: 'refused', rules: [{ rule: 'acme', satisfied: false }] });
  });
});

test('the example is a policy, once its files are there', async () => {
  const folder = await mkdtemp(join(home.dir, 'example-'));
  await writeFile(join(folder, 'trust.yaml'), EXAMPLE_POLICY);
  await writeFile(join(folder, 'acme.pub'), signer.publicKey.pem);
  const log = { pem: { logs: [{ url: 'https://rekor.test', key: signer.publicKey.pem }] } };
  await writeFile(join(folder, 'sigstore.json'), JSON.stringify(log));
  const { compileTrustPolicy } = await import('@pratique/sign');
  const compiled = compileTrustPolicy(await readPolicyFile('trust.yaml', folder));
  expect(compiled.rules.map((rule) => rule.name)).toEqual(['acme', 'acme-on-github', 'pause']);
});
