/** Certificates, logs and time stamps: the real cosign and we come to the same answer, from the trusted root that cosign wrote. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { TrustedRootSource } from '@pratique/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemorySource } from '../image.fixture.ts';
import { COSIGN_SIGN } from '../predicates/types.ts';
import { canonicalImage } from './canonical-image.ts';
import { compileTrustPolicy } from './compile-policy.ts';
import { collectEvidence, evaluateTrust } from './evaluate-trust.ts';
import { attach, createWorld, ISSUER, type SignOptions, SUBJECT } from './sigstore.fixture.ts';

const cosign =
  [
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pratique/peers/bin'),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
    .map((folder) => join(folder, 'cosign'))
    .find(existsSync) ?? null;

/** A minute ahead: certificates of the test's authority may not begin before it does. */
const ISSUED = new Date(Math.floor(Date.now() / 1000) * 1000 + 60_000);
const later = (minutes: number) => new Date(ISSUED.getTime() + minutes * 60_000);
const sign = { type: COSIGN_SIGN, body: {} };
let folder = '';
let world: Awaited<ReturnType<typeof createWorld>>;
let otherWorld: typeof world;
let root: TrustedRootSource;
const source = new MemorySource();
const image = source.addImage('app');
const other = source.addImage('other');

const run = (...args: string[]) => promisify(execFile)(cosign ?? '', args, { cwd: folder, env: { HOME: folder } });
const write = (name: string, text: string | Buffer) => writeFile(join(folder, name), text);

beforeAll(async () => {
  if (cosign === null) return;
  folder = await mkdtemp(join(tmpdir(), 'cosign-agreement-'));
  [world, otherWorld] = await Promise.all([createWorld(ISSUED), createWorld(ISSUED)]);
  if (!('pem' in world.root) || typeof world.root.pem !== 'object') throw new Error('the fixture writes PEM');
  const pem = world.root.pem as {
    certificateAuthority: string;
    logs: { key: string }[];
    certificateLogs: string[];
    timestampAuthorities: string[];
  };
  await write('fulcio.pem', pem.certificateAuthority);
  await write('rekor.pub', pem.logs[0]?.key ?? '');
  await write('ctfe.pub', pem.certificateLogs[0] ?? '');
  await write('tsa.pem', pem.timestampAuthorities[0] ?? '');
  await write('image', (await source.manifest(image.digest)).bytes);
  const since = 'start-time=2024-01-01T00:00:00Z';
  await run(
    'trusted-root',
    'create',
    '--out',
    'root.json',
    '--fulcio=url=https://fulcio.test,certificate-chain=fulcio.pem',
    `--rekor=url=https://rekor.test,public-key=rekor.pub,${since}`,
    `--ctfe=url=https://ctfe.test,public-key=ctfe.pub,${since}`,
    '--tsa=url=https://tsa.test,certificate-chain=tsa.pem',
  );
  root = JSON.parse(await readFile(join(folder, 'root.json'), 'utf8')) as TrustedRootSource;
});
afterAll(async () => {
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

/** cosign's word on the bundle for the image's manifest. */
async function cosignTrusts(bundle: unknown, options: string[]): Promise<boolean> {
  await write('bundle.json', JSON.stringify(bundle));
  return run(
    'verify-blob-attestation',
    '--new-bundle-format',
    '--bundle',
    'bundle.json',
    '--trusted-root',
    'root.json',
    '--certificate-identity',
    SUBJECT,
    '--certificate-oidc-issuer',
    ISSUER,
    '--type',
    COSIGN_SIGN,
    ...options,
    'image',
  ).then(
    () => true,
    (error: { stderr?: string }) => {
      if (!/Error: /.test(error.stderr ?? '')) throw new Error('cosign did not run', { cause: error });
      return false;
    },
  );
}

async function weTrust(bundle: unknown): Promise<boolean> {
  const place = new MemorySource();
  for (const [digest, raw] of source.manifests) place.manifests.set(digest, raw);
  place.put(attach(image, bundle));
  const policy = compileTrustPolicy({
    version: 1,
    trustedRoots: { cosign: root },
    rules: [
      {
        name: 'r',
        images: ['**'],
        authorities: { anyOf: [{ keyless: { issuer: ISSUER, subject: SUBJECT, trustedRoot: 'cosign' } }] },
      },
    ],
  });
  const evidence = await collectEvidence(place, await place.manifest(image.digest));
  return evaluateTrust(policy, canonicalImage('ghcr.io/acme/app:1'), evidence).outcome === 'trusted';
}

describe.skipIf(cosign === null)('cosign and we agree on a signature that', () => {
  const bundle = (options?: SignOptions, digest = image.digest) => world.bundle(digest, sign, options);
  type Bundle = {
    dsseEnvelope: { payload: string };
    verificationMaterial: { tlogEntries: { integratedTime: string; canonicalizedBody: string }[] };
  };
  const changed = async (change: (made: Bundle) => void) => {
    const made = (await bundle()) as Bundle;
    change(made);
    return made;
  };

  test.each<[string, boolean, () => Promise<unknown>, string[]?]>([
    ['is good', true, () => bundle()],
    ['was logged after its certificate had expired', false, () => bundle({ loggedAt: later(11) })],
    ['was logged before its certificate was issued', false, () => bundle({ loggedAt: later(-60) })],
    ['has another subject', false, () => bundle({ subject: `${SUBJECT}x` })],
    ['has another issuer', false, () => bundle({ issuer: `${ISSUER}.evil` })],
    ['is of another image', false, () => bundle({}, other.digest)],
    ['is from another authority', false, () => otherWorld.bundle(image.digest, sign)],
    ['is in no log', false, () => bundle({ loggedAt: null })],
    [
      'has a time stamp and no log',
      false,
      () => bundle({ loggedAt: null, stampedAt: later(1) }),
      ['--use-signed-timestamps'],
    ],
    ['has a good time stamp beside the log', true, () => bundle({ stampedAt: later(1) }), ['--use-signed-timestamps']],
    [
      'has a time stamp that is too late',
      false,
      () => bundle({ withoutPromise: true, stampedAt: later(20) }),
      ['--use-signed-timestamps'],
    ],
    [
      'has only a time stamp to say when',
      true,
      () => bundle({ withoutPromise: true, stampedAt: later(1) }),
      ['--use-signed-timestamps'],
    ],
    [
      'says another time than its log signed',
      false,
      () =>
        changed((made) =>
          made.verificationMaterial.tlogEntries.forEach((entry) => {
            entry.integratedTime = String(Number(entry.integratedTime) + 1);
          }),
        ),
    ],
    [
      'carries the log entry of another signature',
      false,
      async () => {
        const [mine, theirs] = [(await bundle()) as Bundle, (await bundle()) as Bundle];
        mine.verificationMaterial.tlogEntries = theirs.verificationMaterial.tlogEntries;
        return mine;
      },
    ],
    [
      'was altered',
      false,
      () =>
        changed((made) => {
          made.dsseEnvelope.payload = Buffer.from(
            Buffer.from(made.dsseEnvelope.payload, 'base64').toString().replace('{}', '{"a":1}'),
          ).toString('base64');
        }),
    ],
  ])('%s: %s', async (_, trusted, make, options = []) => {
    const made = await make();
    expect({ we: await weTrust(made), cosign: await cosignTrusts(made, options) }).toEqual({
      we: trusted,
      cosign: trusted,
    });
  });
});
