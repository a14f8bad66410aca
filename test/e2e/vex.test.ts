/** What those who know a product state: counted, shown, held to who says it, and taken back. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  Explanation,
  ImageScan,
  SigningKey,
  VexDocumentContent,
  VexDocumentInfo,
} from '../../packages/contract/src/index.ts';
import { attestImage, createSigner, generateKey, type Signer } from '../../packages/sign/src/index.ts';
import { addPerson, eventually, makeContract, must, settled, status } from '../support/chain.ts';
import {
  bookworm,
  descriptorOf,
  HOLED,
  makeImage,
  makeIndex,
  pushImage,
  registry,
  type TestImage,
} from '../support/image.ts';
import { ADMIN_PASSWORD } from '../support/server.ts';
import { mustRun, needTool } from '../support/tools.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer();
const OPENVEX = 'https://openvex.dev/ns/v0.2.0';
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-vex-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const api = async (method: string, path: string, body?: unknown, account = 'vendor') =>
  must(await server().api(method, `/api/v1/accounts/${account}/${path}`, body));

const scanOf = async (repository: string, all = false, account = 'vendor') =>
  (await api('GET', `image/scan?repository=${repository}&reference=v1&all=${all}`, undefined, account)) as ImageScan;

/** Says of every hole that it does not reach the product. */
function statement(scan: ImageScan, product: string, id: string) {
  return {
    '@context': OPENVEX,
    '@id': id,
    author: 'Shop security',
    timestamp: '2026-11-22T10:00:00Z',
    version: 1,
    statements: [...new Set(scan.findings.map((finding) => finding.id))].map((name) => ({
      vulnerability: { name },
      products: [{ '@id': product }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
      impact_statement: 'TLS is ended before this container',
    })),
  };
}

const decided = (repository: string, decision: 'allow' | 'deny', account = 'vendor') =>
  eventually(`${account}/${repository} to be ${decision}`, async () => {
    const now = await status(server(), account, repository, 'v1');
    return now.verdict?.decision === decision ? now : null;
  });

async function attach(name: string, image: TestImage, signer: Signer, predicate: unknown): Promise<string> {
  const artifact = await attestImage(
    { type: OPENVEX, body: predicate },
    { subject: descriptorOf(image), signer, created: new Date() },
  );
  const { digest, mediaType, bytes } = artifact.manifest;
  const blobs = artifact.blobs.map((blob) => ({ ...blob.descriptor, bytes: blob.bytes }));
  await pushImage(server(), name, null, { digest, mediaType, manifest: bytes, blobs });
  return digest;
}

describe('a document of the account', () => {
  const image = makeImage(bookworm([HOLED]), { note: 'file' });
  let added: VexDocumentContent;

  test('clears what it states, for the images that it names, and the verdict follows by itself', async () => {
    await pushImage(server(), 'vendor/web', 'v1', image);
    await pushImage(server(), 'customer/web', 'v1', image);
    await pushImage(server(), 'vendor/other', 'v1', makeImage(bookworm([HOLED]), { note: 'not named' }));
    for (const [account, name] of [
      ['vendor', 'web'],
      ['customer', 'web'],
      ['vendor', 'other'],
    ] as const)
      expect((await settled(server(), account, name, 'v1')).verdict?.decision).toBe('deny');
    const scan = await scanOf('web');
    const document = statement(scan, `pkg:oci/web@${image.digest}`, 'https://shop.example/vex/1');
    added = (await api('POST', 'vex', { content: JSON.stringify(document) })) as VexDocumentContent;
    expect(added).toMatchObject({ author: 'Shop security', source: 'file', state: 'in-force', image: null });
    const now = await decided('web', 'allow');
    expect(now.findings).toMatchObject({ critical: 0, high: 0, medium: 0 });
    expect((await scanOf('web')).findings).toEqual([]);
    const [cleared] = (await scanOf('web', true)).findings;
    expect(cleared).toMatchObject({
      status: 'not-affected',
      vex: {
        author: 'Shop security',
        document: 'https://shop.example/vex/1',
        statement: 'TLS is ended before this container',
      },
    });
    // Neither another image of the account, nor the same bytes in another account.
    expect((await status(server(), 'vendor', 'other', 'v1')).verdict?.decision).toBe('deny');
    expect((await status(server(), 'customer', 'web', 'v1')).verdict?.decision).toBe('deny');
    expect((await scanOf('web', false, 'customer')).findings.length).toBeGreaterThan(0);
    const explained = (await api('GET', 'image/explanation?repository=web&reference=v1')) as Explanation;
    expect(explained.inputs.find((input) => input.name === 'VEX')).toMatchObject({ current: true });
  });

  test('is attested with the image, once, and verifies with the account’s key', async (context) => {
    const types = async () =>
      (await status(server(), 'vendor', 'web', 'v1')).signatures.map((signature) => signature.predicateType);
    await eventually('the attestation', async () => ((await types()).includes('https://openvex.dev/ns') ? true : null));
    expect(((await api('GET', 'vex')) as VexDocumentInfo[]).map((one) => one.source)).toEqual(['file']);
    const cosign = await needTool(context, 'cosign');
    const [key] = (await api('GET', 'keys')) as SigningKey[];
    const keyFile = join(folder, 'vendor.pub');
    await writeFile(keyFile, key?.publicPem ?? '');
    const login = ['--registry-username', 'admin', '--registry-password', ADMIN_PASSWORD, '--allow-http-registry'];
    const output = await mustRun(
      cosign,
      [
        'verify-attestation',
        '--type',
        'openvex',
        '--key',
        keyFile,
        '--insecure-ignore-tlog=true',
        ...login,
        `${server().host}/vendor/web@${image.digest}`,
      ],
      { env: { HOME: folder, DOCKER_CONFIG: folder } },
    );
    const { payload } = JSON.parse(output.split('\n')[0] ?? '') as { payload: string };
    const said = JSON.parse(Buffer.from(payload, 'base64').toString()) as { predicate: { statements: object[] } };
    expect(said.predicate.statements[0]).toMatchObject({
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
      impact_statement: 'TLS is ended before this container',
      products: [
        {
          '@id': expect.stringContaining('pkg:oci/web@sha256'),
          subcomponents: [{ '@id': expect.stringContaining('libssl3') }],
        },
      ],
    });
  });

  test('travels with a delivery, and counts for a customer who trusts the vendor', async () => {
    await makeContract(server(), { trustVendor: true });
    must(
      await server().api('POST', '/api/v1/accounts/vendor/deliveries', {
        repository: 'web',
        reference: 'v1',
        to: 'customer/bought:v1',
      }),
    );
    await settled(server(), 'customer', 'bought', 'v1');
    const received = await eventually('the statement', async () =>
      ((await api('GET', 'vex', undefined, 'customer')) as VexDocumentInfo[]).find((one) => one.state === 'in-force'),
    );
    expect(received).toMatchObject({ source: 'attestation', author: 'vendor', image: { repository: 'bought' } });
    await eventually('what it clears', async () =>
      (await scanOf('bought', false, 'customer')).findings.length === 0 ? true : null,
    );
    // The same bytes that the customer pushed without it are what they were.
    expect((await scanOf('web', false, 'customer')).findings.length).toBeGreaterThan(0);
  });

  test('is refused twice, as nonsense, and to whom it is not given', async () => {
    const again = await server().api('POST', '/api/v1/accounts/vendor/vex', {
      content: JSON.stringify(
        statement(await scanOf('other'), `pkg:oci/web@${image.digest}`, 'https://shop.example/vex/1'),
      ),
    });
    expect(again.status).toBe(409);
    for (const content of [
      '{"a":1}',
      'no JSON',
      '[]',
      '{"@context":"https://openvex.dev/ns","@id":"x","statements":3}',
    ]) {
      const answer = await server().api('POST', '/api/v1/accounts/vendor/vex', { content });
      expect(answer.status).toBe(400);
      expect(answer.text).toMatch(/the document is/);
    }
    const reader = await addPerson(server(), 'rhea', { vendor: 'developer' });
    expect((await server().api('POST', '/api/v1/accounts/vendor/vex', { content: '{}' }, reader)).status).toBe(403);
    expect((await server().api('DELETE', `/api/v1/accounts/vendor/vex/${added.id}`, undefined, reader)).status).toBe(
      403,
    );
    expect((await server().api('GET', `/api/v1/accounts/vendor/vex/${added.id}`, undefined, reader)).status).toBe(200);
    expect((await server().api('GET', `/api/v1/accounts/customer/vex/${added.id}`)).status).toBe(404);
  });

  test('that is withdrawn counts no more, and stays readable', async () => {
    await api('DELETE', `vex/${added.id}`);
    await decided('web', 'deny');
    expect((await scanOf('web')).findings.length).toBeGreaterThan(0);
    expect(await api('GET', `vex/${added.id}`)).toMatchObject({ state: 'withdrawn', withdrawnBy: 'admin' });
    expect((await server().api('DELETE', `/api/v1/accounts/vendor/vex/${added.id}`)).status).toBe(409);
    const audit = (await api('GET', 'audit?limit=500')) as { action: string; subject: string }[];
    expect(
      audit
        .filter((line) => line.subject === added.id)
        .map((line) => line.action)
        .sort(),
    ).toEqual(['vex.add', 'vex.withdraw']);
  });
});

describe('what is attached to an image', () => {
  const signer = createSigner(generateKey());
  const image = makeImage(bookworm([HOLED]), { note: 'attached' });
  const index = makeIndex([{ image, os: 'linux', architecture: 'amd64' }]);
  const list = async () => (await api('GET', 'vex')) as VexDocumentInfo[];
  const trust = (keys: string[]) =>
    api('PUT', 'trust-policy', {
      policy: {
        version: 1,
        rules: [
          { name: 'own', images: ['127.0.0.1:*/vendor/**'], authorities: { anyOf: keys.map((key) => ({ key })) } },
        ],
      },
    });

  test('by a stranger is listed and does not count; once the trust policy names the signer it does', async () => {
    await pushImage(server(), 'vendor/signed', 'v1', image);
    await settled(server(), 'vendor', 'signed', 'v1');
    const said = statement(await scanOf('signed'), `pkg:oci/signed@${image.digest}`, 'https://shop.example/vex/2');
    await attach('vendor/signed', image, signer, said);
    const refused = await eventually('the refusal', async () => (await list()).find((one) => one.state === 'refused'));
    expect(refused).toMatchObject({
      source: 'attestation',
      image: { repository: 'signed', digest: image.digest },
      signer: null,
    });
    expect(refused.refused).toMatch(/keys of vendor: /);
    expect((await status(server(), 'vendor', 'signed', 'v1')).verdict?.decision).toBe('deny');
    await trust([signer.publicKey.pem]);
    await decided('signed', 'allow');
    expect((await list()).find((one) => one.id === refused.id)).toMatchObject({
      state: 'in-force',
      signer: signer.publicKey.fingerprint,
      refused: null,
    });
  });

  test('is not overruled by what a stranger attaches beside it, nor counted once it is taken away', async () => {
    const said = statement(
      await scanOf('signed', true),
      `pkg:oci/signed@${image.digest}`,
      'https://shop.example/vex/2',
    );
    const stranger = createSigner(generateKey());
    // The very same statement, one that no database takes, and one of the stranger's own.
    await attach('vendor/signed', image, stranger, said);
    await attach('vendor/signed', image, stranger, { ...said, '@id': 'a\0b' });
    await attach('vendor/signed', image, stranger, { ...said, '@id': 'https://stranger.example/vex' });
    const own = await eventually('the stranger’s own', async () =>
      (await list()).find((one) => one.document === 'https://stranger.example/vex'),
    );
    expect(own.state).toBe('refused');
    // Looked at again, whatever the order, each is what it was.
    await trust([signer.publicKey.pem, createSigner(generateKey()).publicKey.pem]);
    await attach('vendor/signed', image, stranger, { ...said, '@id': 'https://stranger.example/vex/2' });
    await eventually('the last one', async () =>
      (await list()).find((one) => one.document === 'https://stranger.example/vex/2'),
    );
    const states = new Map((await list()).map((one) => [one.document, one.state]));
    expect([...states].filter(([document]) => document.startsWith('https://stranger'))).toEqual([
      ['https://stranger.example/vex/2', 'refused'],
      ['https://stranger.example/vex', 'refused'],
    ]);
    expect(states.get('https://shop.example/vex/2')).toBe('in-force');
    expect((await status(server(), 'vendor', 'signed', 'v1')).verdict?.decision).toBe('allow');
    const again = await attach('vendor/signed', image, signer, { ...said, '@id': 'https://shop.example/vex/again' });
    await eventually('a second of the signer', async () =>
      (await list()).find((one) => one.document === 'https://shop.example/vex/again' && one.state === 'in-force'),
    );
    expect((await registry(server(), 'DELETE', `vendor/signed/manifests/${again}`)).status).toBe(202);
    const gone = await eventually('its end', async () =>
      (await list()).find((one) => one.document === 'https://shop.example/vex/again' && one.state === 'refused'),
    );
    expect(gone.refused).toBe('it is no longer attached to the image');
  });

  test('counts no more once its signer is not trusted any more', async () => {
    await trust([createSigner(generateKey()).publicKey.pem]);
    await decided('signed', 'deny');
    expect((await list()).find((one) => one.source === 'attestation')).toMatchObject({ state: 'refused' });
  });

  test('to an index speaks for its platforms', async () => {
    await trust([signer.publicKey.pem]);
    await pushImage(server(), 'vendor/many', 'amd64', image);
    await pushImage(server(), 'vendor/many', 'v1', index);
    await settled(server(), 'vendor', 'many', 'v1');
    const said = statement(await scanOf('signed', true), `pkg:deb/debian/libssl3`, 'https://shop.example/vex/3');
    await attach('vendor/many', index, signer, said);
    await decided('many', 'allow');
    expect((await scanOf('many')).findings).toEqual([]);
  });

  test.for([
    ['cosign', ['--new-bundle-format=true', '--use-signing-config=false', '--tlog-upload=false']],
    ['cosign2', ['--tlog-upload=false']],
  ] as const)('with %s is found', async ([tool, flags], context) => {
    const cosign = await needTool(context, tool);
    const env = { HOME: folder, DOCKER_CONFIG: folder, COSIGN_PASSWORD: '' };
    const name = `with-${tool}`;
    const own = makeImage(bookworm([HOLED]), { note: tool });
    await pushImage(server(), `vendor/${name}`, 'v1', own);
    await settled(server(), 'vendor', name, 'v1');
    const predicate = join(folder, `${tool}.json`);
    const product = `pkg:oci/${name}@${own.digest}`;
    await writeFile(predicate, JSON.stringify(statement(await scanOf(name), product, `https://shop.example/${tool}`)));
    const key = join(folder, tool);
    await mustRun(cosign, ['generate-key-pair', '--output-key-prefix', key], { env, cwd: folder });
    await trust([await readFile(`${key}.pub`, 'utf8')]);
    const login = ['--registry-username', 'admin', '--registry-password', ADMIN_PASSWORD, '--allow-http-registry'];
    const reference = `${server().host}/vendor/${name}@${own.digest}`;
    await mustRun(
      cosign,
      [
        'attest',
        '--yes',
        '--type',
        'openvex',
        '--predicate',
        predicate,
        '--key',
        `${key}.key`,
        ...flags,
        ...login,
        reference,
      ],
      { env, cwd: folder },
    );
    await decided(name, 'allow');
  });
});
