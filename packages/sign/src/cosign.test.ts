/** Against the real cosign 3 and a real registry, in both directions. */

import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import {
  type ContentSink,
  type ContentSource,
  type Descriptor,
  OCI_CONFIG,
  OCI_MANIFEST,
  openRegistry,
} from '@pratique/oci';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attachmentTag, type SignedArtifact } from './artifact.ts';
import { descriptorOf } from './image.fixture.ts';
import { importPrivateKey } from './import-key.ts';
import { createSigner, generateKey } from './key.ts';
import { spdxPredicate } from './predicates/bom.ts';
import { COSIGN_SIGN, SPDX, VSA } from './predicates/types.ts';
import { attestDenial, attestImage, signImage } from './sign-image.ts';
import { signSimple } from './simple-signing.ts';
import { readStatements, verifyImage } from './verify.ts';

/** Cached peers first, then what the machine has. */
function findTool(name: string): string | null {
  const folders = [
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pratique/peers/bin'),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return folders.map((folder) => join(folder, name)).find(existsSync) ?? null;
}

const cosign = findTool('cosign');
const registry = findTool('docker-registry');
const isThree =
  cosign !== null &&
  / v?3\./.test(execFileSync(cosign, ['version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
const skipped = !isThree
  ? 'cosign 3 is not installed (npm run peers:build)'
  : registry
    ? null
    : 'docker-registry is not installed (apt-get install docker-registry)';

const signer = createSigner(generateKey());
const created = new Date('2026-11-22T10:00:00Z');
let home: string;
let server: ChildProcess;
let host: string;

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

beforeAll(async () => {
  if (skipped || !registry || !cosign) return;
  home = await mkdtemp(join(tmpdir(), 'cosign-'));
  host = `127.0.0.1:${await freePort()}`;
  await writeFile(
    join(home, 'registry.yml'),
    `version: 0.1\nstorage: {filesystem: {rootdirectory: ${join(home, 'data')}}}\nhttp: {addr: "${host}"}\nlog: {level: error}\n`,
  );
  server = spawn(registry, ['serve', join(home, 'registry.yml')], { stdio: 'ignore' });
  while (
    !(await fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await new Promise((resolve) => setTimeout(resolve, 50));
  await writeFile(join(home, 'ours.pub'), signer.publicKey.pem);
  await run('generate-key-pair', '--output-key-prefix', 'theirs');
});
afterAll(async () => {
  if (skipped) return;
  server.kill();
  await rm(home, { recursive: true, force: true });
});

/** Output of cosign; throws with its complaint. */
async function run(...args: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: home, COSIGN_PASSWORD: 'secret', DOCKER_CONFIG: home };
  const { stdout } = await promisify(execFile)(cosign ?? '', args, { cwd: home, env });
  return stdout;
}
const OFFLINE = ['--insecure-ignore-tlog', '--allow-http-registry'];
const NO_LOG = ['--use-signing-config=false', '--tlog-upload=false', '--allow-http-registry', '-y'];

type Place = ContentSource & ContentSink & { name: string; image: Descriptor; reference: string };

/** A repository with one image, its name being its content. */
async function push(name: string): Promise<Place> {
  const place = openRegistry({ url: `http://${host}`, name });
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: { name } },
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  );
  await place.putBlob(descriptorOf(config, OCI_CONFIG), Readable.from([config]));
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptorOf(config, OCI_CONFIG), layers: [] }),
  );
  const image = descriptorOf(bytes, OCI_MANIFEST);
  await place.putManifest({ digest: image.digest, mediaType: OCI_MANIFEST, bytes }, 'latest');
  return { ...place, name, image, reference: `${host}/${name}@${image.digest}` };
}

/** Pushes an artifact; this registry knows no referrers, so the client keeps their index (distribution-spec 1.1, "Pushing Manifests with Subject"). */
async function attach(place: Place, artifact: SignedArtifact): Promise<void> {
  for (const { descriptor, bytes } of artifact.blobs) await place.putBlob(descriptor, Readable.from([bytes]));
  await place.putManifest(artifact.manifest, artifact.tag);
}

/** The artifact with a manifest that names another subject; what was signed stays as it was. */
function pointedAt(place: Place, artifact: SignedArtifact): SignedArtifact {
  const { mediaType, digest, size } = place.image;
  const manifest = {
    ...(JSON.parse(artifact.manifest.bytes.toString('utf8')) as object),
    subject: { mediaType, digest, size },
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return {
    ...artifact,
    manifest: { ...artifact.manifest, bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` },
  };
}

const denied = {
  type: VSA,
  body: {
    verifier: { id: 'https://registry.example.com' },
    timeVerified: '2026-11-22T10:00:00Z',
    resourceUri: 'x',
    policy: {},
    verificationResult: 'FAILED',
    verifiedLevels: ['FAILED'],
  },
};
const bill = spdxPredicate({
  spdxVersion: 'SPDX-2.3',
  SPDXID: 'SPDXRef-DOCUMENT',
  name: 'web',
  dataLicense: 'CC0-1.0',
});

describe.skipIf(skipped !== null)(`cosign 3${skipped ? ` (${skipped})` : ''}`, () => {
  test('verifies an image that we signed, with the exported key and with no other', async () => {
    const place = await push('acme/signed');
    await attach(place, await signImage({ subject: place.image, signer, created }));
    expect(JSON.parse(await run('verify', '--key', 'ours.pub', ...OFFLINE, place.reference))).toMatchObject([
      { critical: { image: { 'docker-manifest-digest': place.image.digest }, type: COSIGN_SIGN } },
    ]);
    await expect(run('verify', '--key', 'theirs.pub', ...OFFLINE, place.reference)).rejects.toThrow(
      /no matching attestations|invalid signature/i,
    );
  });

  test.for([
    ['as version 3 does by default', []],
    ['as version 2 does', ['--new-bundle-format=false']],
  ] as const)('verifies our signature in the older form, %s', async ([name, flags]) => {
    const place = await push(`acme/older-${name.replaceAll(' ', '-')}`);
    await attach(place, await signSimple(`${host}/${place.name}`, { subject: place.image, signer, created }));
    expect(await run('verify', '--key', 'ours.pub', ...flags, ...OFFLINE, place.reference)).toContain(
      place.image.digest,
    );
    await expect(run('verify', '--key', 'theirs.pub', ...flags, ...OFFLINE, place.reference)).rejects.toThrow();
  });

  test('verifies an attestation that we made, by its type', async () => {
    const place = await push('acme/attested');
    await attach(place, await signImage({ subject: place.image, signer, created }));
    await attach(place, await attestImage(bill, { subject: place.image, signer, created }));
    const [line] = (
      await run('verify-attestation', '--key', 'ours.pub', '--type', SPDX, ...OFFLINE, place.reference)
    ).split('\n');
    const statement = JSON.parse(Buffer.from(JSON.parse(line ?? '').payload, 'base64').toString());
    expect(statement).toMatchObject({ predicateType: SPDX, predicate: { name: 'web' } });
  });

  test('refuses a denied image, and still verifies the denial as evidence', async () => {
    const place = await push('acme/denied');
    await attach(place, await attestDenial([denied, bill], { subject: place.image, signer, created }));
    await expect(run('verify', '--key', 'ours.pub', ...OFFLINE, place.reference)).rejects.toThrow(
      /no signatures found/,
    );
    const output = await run('verify-attestation', '--key', 'ours.pub', '--type', VSA, ...OFFLINE, place.reference);
    expect(
      JSON.parse(Buffer.from(JSON.parse(output.split('\n')[0] ?? '').payload, 'base64').toString()).predicate,
    ).toMatchObject({ verificationResult: 'FAILED' });
    await expect(
      verifyImage({ digest: place.image.digest, source: place, trust: { keys: [signer.publicKey.pem] } }),
    ).rejects.toMatchObject({ code: 'verdict-failed' });
    expect(
      await readStatements({ digest: place.image.digest, source: place, trust: { keys: [signer.publicKey.pem] } }),
    ).toHaveLength(2);
  });

  test('takes any bundle for a signature, whatever it says: why a denial is no bundle', async () => {
    const place = await push('acme/why');
    await attach(place, await attestImage(denied, { subject: place.image, signer, created }));
    expect(await run('verify', '--key', 'ours.pub', ...OFFLINE, place.reference)).toContain(place.image.digest);
    await expect(
      verifyImage({ digest: place.image.digest, source: place, trust: { keys: [signer.publicKey.pem] } }),
    ).rejects.toMatchObject({ code: 'verdict-failed' });
  });

  test('refuses our signature on an image that it is not about', async () => {
    const place = await push('acme/first');
    const other = await push('acme/second');
    // An attacker hangs the first image's signature under the second: the manifest says one thing, the statement another.
    await attach(other, pointedAt(other, await signImage({ subject: place.image, signer, created })));
    await expect(run('verify', '--key', 'ours.pub', ...OFFLINE, other.reference)).rejects.toThrow();
    await expect(
      verifyImage({ digest: other.image.digest, source: other, trust: { keys: [signer.publicKey.pem] } }),
    ).rejects.toMatchObject({ code: 'subject-mismatch' });
  });

  test.for([
    ['bundles of version 3', [], 'bundle'],
    ['signatures of version 2', ['--new-bundle-format=false'], 'simple'],
  ] as const)('makes %s that we verify', async ([, flags, form]) => {
    const place = await push(`acme/theirs-${form}`);
    await run('sign', '--key', 'theirs.key', ...NO_LOG, ...flags, place.reference);
    const pem = await readFile(join(home, 'theirs.pub'), 'utf8');
    const verified = await verifyImage({
      digest: place.image.digest,
      source: place,
      trust: { keys: [signer.publicKey.pem, pem] },
    });
    expect(verified.signatures).toMatchObject([
      { form, predicateType: COSIGN_SIGN, signer: expect.stringMatching(/^sha256:/) },
    ]);
    await expect(
      verifyImage({ digest: place.image.digest, source: place, trust: { keys: [signer.publicKey.pem] } }),
    ).rejects.toMatchObject({ code: 'key-unknown' });
  });

  test('writes an encrypted key that we take over, and verifies what we sign with it', async () => {
    const place = await push('acme/taken-over');
    const file = await readFile(join(home, 'theirs.key'), 'utf8');
    const theirs = createSigner(importPrivateKey(file, 'secret'));
    expect(() => importPrivateKey(file, 'wrong')).toThrow(expect.objectContaining({ code: 'key-locked' }));
    await attach(place, await signImage({ subject: place.image, signer: theirs, created }));
    expect(await run('verify', '--key', 'theirs.pub', ...OFFLINE, place.reference)).toContain(place.image.digest);
  });

  test.for([
    ['version 3', []],
    ['version 2', ['--new-bundle-format=false']],
  ] as const)('makes attestations of %s that we read', async ([name, flags]) => {
    const place = await push(`acme/attest-${name.replace(' ', '')}`);
    await writeFile(join(home, 'predicate.json'), JSON.stringify(bill.body));
    await run(
      'attest',
      '--key',
      'theirs.key',
      '--type',
      'spdxjson',
      '--predicate',
      'predicate.json',
      ...NO_LOG,
      ...flags,
      place.reference,
    );
    const pem = await readFile(join(home, 'theirs.pub'), 'utf8');
    const statements = await readStatements({ digest: place.image.digest, source: place, trust: { keys: [pem] } });
    expect(statements).toMatchObject([{ predicateType: SPDX, predicate: { name: 'web' } }]);
    expect(attachmentTag(place.image.digest, 'att')).toMatch(/^sha256-[0-9a-f]{64}\.att$/);
  });
});
