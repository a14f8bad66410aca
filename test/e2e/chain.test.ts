/** From push to delivery: the verdict and its reasons, runs, signatures, contracts and receipts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageScan, ImageStatus, Receipt, SigningKey } from '../../packages/contract/src/index.ts';
import { compareVersions } from '../../packages/scan/src/index.ts';
import { CYCLONEDX, SPDX, VERDICT, VSA, VULNS } from '../../packages/sign/src/index.ts';
import { deniedCves, makeContract, must, runsOf, settled, status } from '../support/chain.ts';
import {
  bookworm,
  HARMLESS,
  HOLED,
  makeImage,
  pushImage,
  putManifest,
  registry,
  type TestImage,
} from '../support/image.ts';
import { ADMIN_PASSWORD, type Credentials } from '../support/server.ts';
import { mustRun, needTool, runTool } from '../support/tools.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer();
const vulnerable = makeImage(bookworm([HOLED, HARMLESS]), { note: 'vulnerable' });
let patched: TestImage;
let denied: ImageStatus;
let allowed: ImageStatus;

beforeAll(async () => {
  await pushImage(server(), 'vendor/web', 'old', vulnerable);
  denied = await settled(server(), 'vendor', 'web', 'old');
  // The patched image has what the gate asked for.
  const fixed = (denied.verdict?.reasons ?? []).flatMap((reason) =>
    typeof reason.details['fixedVersion'] === 'string' ? [reason.details['fixedVersion']] : [],
  );
  const version = fixed.sort((a, b) => compareVersions('deb', a, b)).at(-1) ?? '';
  patched = makeImage(bookworm([{ ...HOLED, version }, HARMLESS]), { note: 'patched' });
  await pushImage(server(), 'vendor/web', 'new', patched);
  allowed = await settled(server(), 'vendor', 'web', 'new');
});

describe('the gate', () => {
  test('denies an image with holes that updates fix, and names each with package and fixed version', () => {
    expect([denied.verdict?.decision, denied.chain.state]).toEqual(['deny', 'denied']);
    expect(deniedCves(denied)).toContain('CVE-2023-5363'); // openssl 3.0.11-1~deb12u2, the update of October 2023
    for (const reason of denied.verdict?.reasons.filter((one) => one.template === 'FixableFindings') ?? []) {
      expect(reason.message).toMatch(/^CVE-\d{4}-\d+ \(\w+\) affects libssl3 3\.0\.9-1; version \S+ fixes it\.$/);
      expect(reason.details).toMatchObject({ package: 'libssl3', version: '3.0.9-1' });
    }
  });

  test('stops what comes after it: a denied image is neither signed nor delivered', () => {
    const states = Object.fromEntries(denied.chain.run?.steps.map((step) => [step.name, step.state]) ?? []);
    expect(states).toEqual({
      inventory: 'succeeded',
      scan: 'succeeded',
      gate: 'denied',
      'record-denial': 'succeeded',
      sign: 'skipped',
      attest: 'skipped',
      deliver: 'skipped',
    });
    expect(denied.signatures.map((signature) => signature.predicateType)).not.toContain(
      'https://sigstore.dev/cosign/sign/v1',
    );
  });

  test('allows the image once it has the versions that were named', () => {
    expect([allowed.verdict?.decision, allowed.verdict?.state, allowed.chain.state]).toEqual([
      'allow',
      'valid',
      'succeeded',
    ]);
    expect(deniedCves(allowed)).toEqual([]);
    expect(allowed.signatures.map((signature) => signature.predicateType)).toEqual(
      expect.arrayContaining(['https://sigstore.dev/cosign/sign/v1', VSA, VERDICT, SPDX, CYCLONEDX, VULNS]),
    );
  });

  test('shows the packages and findings that it decided from', async () => {
    const scan = must(
      await server().api('GET', '/api/v1/accounts/vendor/image/scan?repository=web&reference=old'),
    ) as ImageScan;
    expect(scan.packages.map((found) => found.name).sort()).toEqual(['libssl3', 'netbase']);
    expect([...new Set(scan.findings.map((finding) => finding.package.name))]).toEqual(['libssl3']);
    expect(scan.image.distribution).toMatchObject({ id: 'debian', version: '12' });
  });
});

describe('runs', () => {
  test('a push by digest starts none', async () => {
    const image = makeImage(bookworm([HARMLESS]), { note: 'by digest' });
    await pushImage(server(), 'vendor/runs', null, image);
    expect(await runsOf(server(), 'vendor', 'runs', image.digest)).toEqual([]);
    // The tag on the same digest does.
    expect((await putManifest(server(), 'vendor/runs', 'v1', image)).status).toBe(201);
    expect((await settled(server(), 'vendor', 'runs', 'v1')).chain.run?.trigger).toBe('push');
  });

  test('a second push of what has a valid verdict starts none, under another tag neither', async () => {
    const before = await runsOf(server(), 'vendor', 'web', 'new');
    await pushImage(server(), 'vendor/web', 'new', patched);
    await pushImage(server(), 'vendor/web', 'stable', patched);
    expect(await runsOf(server(), 'vendor', 'web', 'stable')).toEqual(before);
    expect(before).toHaveLength(1);
  });

  test('eight pushes of one image at once make one run', async () => {
    const image = makeImage(bookworm([HARMLESS]), { note: 'at once' });
    await pushImage(server(), 'vendor/once', null, image);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => putManifest(server(), 'vendor/once', 'v1', image)),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 8 }, () => 201));
    await settled(server(), 'vendor', 'once', 'v1');
    expect(await runsOf(server(), 'vendor', 'once', 'v1')).toHaveLength(1);
  });

  test('a run can be asked for, and asking twice at once joins', async () => {
    const ask = () => server().api('POST', '/api/v1/accounts/vendor/runs', { repository: 'web', reference: 'new' });
    const [first, second] = (await Promise.all([ask(), ask()])).map(
      (answer) => must(answer) as { outcome: string; run: { id: string } },
    );
    expect(first?.run.id).toBe(second?.run.id);
    expect(new Set([first?.outcome, second?.outcome])).toEqual(new Set(['joined', 'started']));
    await settled(server(), 'vendor', 'web', 'new', 2);
  });
});

describe('signatures', () => {
  let folder = '';
  let keyFile = '';
  const at = (image: ImageStatus) => `${server().host}/vendor/web@${image.digest}`;
  const flags = () => [
    '--key',
    keyFile,
    '--insecure-ignore-tlog=true',
    '--allow-http-registry',
    '--registry-username',
    'admin',
    '--registry-password',
    ADMIN_PASSWORD,
  ];
  const env = () => ({ HOME: folder, DOCKER_CONFIG: folder });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-cosign-'));
    keyFile = join(folder, 'vendor.pub');
    const [key] = must(await server().api('GET', '/api/v1/accounts/vendor/keys')) as SigningKey[];
    await writeFile(keyFile, key?.publicPem ?? '');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('verify with cosign and the exported key', async (context) => {
    const cosign = await needTool(context, 'cosign');
    const output = await mustRun(cosign, ['verify', ...flags(), at(allowed)], { env: env() });
    expect(output).toContain(allowed.digest);
  });

  test.for([VSA, VERDICT, SPDX, CYCLONEDX, VULNS])('the attestation %s verifies with cosign', async (type, context) => {
    const cosign = await needTool(context, 'cosign');
    const output = await mustRun(cosign, ['verify-attestation', '--type', type, ...flags(), at(allowed)], {
      env: env(),
    });
    const envelope = JSON.parse(output.split('\n')[0] ?? '') as { payload: string };
    const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as {
      predicateType: string;
      subject: { digest: { sha256: string } }[];
    };
    expect(statement.predicateType).toBe(type);
    expect(statement.subject.map((subject) => `sha256:${subject.digest.sha256}`)).toEqual([allowed.digest]);
  });

  test('cosign refuses the denied image', async (context) => {
    const cosign = await needTool(context, 'cosign');
    const outcome = await runTool(cosign, ['verify', ...flags(), at(denied)], { env: env() });
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toMatch(/no signatures|no matching/i);
  });

  test('another account’s key does not verify it', async (context) => {
    const cosign = await needTool(context, 'cosign');
    const [key] = must(await server().api('GET', '/api/v1/accounts/customer/keys')) as SigningKey[];
    const other = join(folder, 'customer.pub');
    await writeFile(other, key?.publicPem ?? '');
    const outcome = await runTool(
      cosign,
      ['verify', ...flags().map((flag) => (flag === keyFile ? other : flag)), at(allowed)],
      { env: env() },
    );
    expect(outcome.code).not.toBe(0);
  });
});

describe('delivery', () => {
  const deliver = (reference: string, to: string, credentials?: Credentials) =>
    server().api('POST', '/api/v1/accounts/vendor/deliveries', { repository: 'web', reference, to }, credentials);
  const referrersOf = async (name: string, digest: string) =>
    (
      (await (await registry(server(), 'GET', `${name}/referrers/${digest}`)).json()) as {
        manifests: { digest: string }[];
      }
    ).manifests
      .map((one) => one.digest)
      .sort();
  const receipts = async (account: string) =>
    must(await server().api('GET', `/api/v1/accounts/${account}/receipts`)) as Receipt[];

  test('without a contract is refused', async () => {
    const refused = await deliver('new', 'customer/web:1');
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('no contract in force')]);
  });

  test('under one brings the same digest with all its referrers, a fixed tag, and a receipt on both sides', async () => {
    await makeContract(server(), { fromRepositories: ['web'] });
    const before = await referrersOf('vendor/web', allowed.digest);
    must(await deliver('new', 'customer/shop/web:1'));
    const received = await settled(server(), 'customer', 'shop/web', '1');
    expect(received.digest).toBe(allowed.digest);
    expect(received.tags).toEqual([{ name: '1', immutable: true }]);
    expect(before.length).toBeGreaterThanOrEqual(6);
    expect(await referrersOf('customer/shop/web', allowed.digest)).toEqual(expect.arrayContaining(before));
    const [sent] = await receipts('vendor');
    const [got] = await receipts('customer');
    expect([sent?.side, got?.side]).toEqual(['sent', 'received']);
    expect(sent).toMatchObject({ digest: allowed.digest, repository: 'web', counterparty: 'customer/shop/web' });
    expect([got?.graphHash, got?.manifests, got?.blobs]).toEqual([sent?.graphHash, sent?.manifests, sent?.blobs]);
    expect(sent?.manifests).toBe(1 + before.length);
    const blob = patched.blobs[1];
    expect((await registry(server(), 'HEAD', `customer/shop/web/blobs/${blob?.digest}`)).status).toBe(200);
  });

  test('is judged anew by the receiver, in a run of its own', async () => {
    const [run, ...others] = await runsOf(server(), 'customer', 'shop/web', '1');
    expect([run?.trigger, run?.requestedBy, others.length]).toEqual(['delivery', 'delivery from vendor', 0]);
    expect((await status(server(), 'customer', 'shop/web', '1')).verdict).toMatchObject({
      account: 'customer',
      decision: 'allow',
    });
  });

  test('asked for twice is done once', async () => {
    must(await deliver('new', 'customer/shop/web:1'));
    expect(await receipts('customer')).toHaveLength(1);
    expect(must(await deliver('new', 'customer/shop/web:1'))).toMatchObject({ state: 'delivered' });
  });

  test('leaves a tag that nobody moves or deletes', async () => {
    const other = makeImage(bookworm([HARMLESS]), { note: 'instead' });
    for (const blob of other.blobs)
      await registry(server(), 'POST', `customer/shop/web/blobs/uploads/?digest=${blob.digest}`, { body: blob.bytes });
    const moved = await putManifest(server(), 'customer/shop/web', '1', other);
    expect([moved.status, await moved.text()]).toEqual([409, expect.stringContaining('immutable')]);
    expect((await registry(server(), 'DELETE', 'customer/shop/web/manifests/1')).status).toBe(409);
    expect((await registry(server(), 'DELETE', `customer/shop/web/manifests/${allowed.digest}`)).status).toBe(409);
    expect((await status(server(), 'customer', 'shop/web', '1')).digest).toBe(allowed.digest);
  });

  test('of another image to a tag that was delivered is refused at once', async () => {
    const next = makeImage(bookworm([HARMLESS]), { note: 'next' });
    await pushImage(server(), 'vendor/web', 'next', next);
    await settled(server(), 'vendor', 'web', 'next');
    const refused = await deliver('next', 'customer/shop/web:1');
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('shop/web:1')]);
  });

  test('of a denied image is refused, in words', async () => {
    const refused = await deliver('old', 'customer/shop/web:2');
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('the gate denied it')]);
    expect((await registry(server(), 'HEAD', `customer/shop/web/manifests/${denied.digest}`)).status).toBe(404);
  });

  test('of what the contract does not cover is refused, and after its end of everything', async () => {
    const image = makeImage(bookworm([HARMLESS]), { note: 'not covered' });
    await pushImage(server(), 'vendor/inner', 'v1', image);
    await settled(server(), 'vendor', 'inner', 'v1');
    const inner = await server().api('POST', '/api/v1/accounts/vendor/deliveries', {
      repository: 'inner',
      reference: 'v1',
      to: 'customer/shop/inner:1',
    });
    expect(inner.status).toBe(403);
    const [contract] = must(await server().api('GET', '/api/v1/accounts/vendor/contracts')) as { id: string }[];
    await server().api('DELETE', `/api/v1/accounts/vendor/contracts/${contract?.id}`);
    expect((await deliver('new', 'customer/shop/web:3')).status).toBe(403);
  });
});
