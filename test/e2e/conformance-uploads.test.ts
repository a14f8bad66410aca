/** Pushing blobs, as the distribution specification 1.1 has it, by raw HTTP: whole, in chunks, mounted, interrupted. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../packages/oci/src/layers/tar-fixture.ts';
import { pushBlob, registry } from '../support/image.ts';
import { codeOf } from '../support/registry-errors.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer();

const octets = { 'content-type': 'application/octet-stream' };

async function openUpload(name: string): Promise<string> {
  const answer = await registry(server(), 'POST', `${name}/blobs/uploads/`);
  expect(answer.status).toBe(202);
  const location = answer.headers.get('location');
  expect(location).toMatch(new RegExp(`^/v2/${name}/blobs/uploads/[0-9a-f-]{36}\\.[\\w.-]+$`));
  return location ?? '';
}

const chunk = (location: string, bytes: Buffer, from: number) =>
  registry(server(), 'PATCH', location, {
    body: bytes,
    headers: { ...octets, 'content-range': `${from}-${from + bytes.length - 1}` },
  });

const finish = (location: string, digest: string, body?: Buffer) =>
  registry(server(), 'PUT', `${location}?digest=${digest}`, { ...(body ? { body } : {}), headers: octets });

async function blobIs(name: string, digest: string, bytes: Buffer): Promise<void> {
  const answer = await registry(server(), 'GET', `${name}/blobs/${digest}`);
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
}

describe('pushing blobs', () => {
  const name = 'vendor/conformance/push';

  test('POST then PUT stores the blob', async () => {
    const bytes = randomBytes(3000);
    const answer = await finish(await openUpload(name), sha256(bytes), bytes);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/v2/${name}/blobs/${sha256(bytes)}`);
    expect(answer.headers.get('docker-content-digest')).toBe(sha256(bytes));
    await blobIs(name, sha256(bytes), bytes);
  });

  test('a single POST with the digest stores the blob', async () => {
    const bytes = randomBytes(3000);
    const answer = await registry(server(), 'POST', `${name}/blobs/uploads/?digest=${sha256(bytes)}`, {
      body: bytes,
      headers: octets,
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([201, `/v2/${name}/blobs/${sha256(bytes)}`]);
    await blobIs(name, sha256(bytes), bytes);
  });

  test('an empty blob is a blob', async () => {
    const digest = await pushBlob(server(), name, Buffer.alloc(0));
    await blobIs(name, digest, Buffer.alloc(0));
  });

  test('chunks in order make the blob, and the status says how far it is', async () => {
    const bytes = randomBytes(300_000);
    const location = await openUpload(name);
    const first = await chunk(location, bytes.subarray(0, 100_000), 0);
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-99999']);
    const status = await registry(server(), 'GET', location);
    expect([status.status, status.headers.get('range'), status.headers.get('location')]).toEqual([
      204,
      '0-99999',
      location,
    ]);
    expect((await chunk(location, bytes.subarray(100_000, 250_000), 100_000)).headers.get('range')).toBe('0-249999');
    expect((await finish(location, sha256(bytes), bytes.subarray(250_000))).status).toBe(201);
    await blobIs(name, sha256(bytes), bytes);
  });

  test('a stream without Content-Range is one chunk', async () => {
    const bytes = randomBytes(50_000);
    const location = await openUpload(name);
    const patched = await registry(server(), 'PATCH', location, { body: bytes, headers: octets });
    expect([patched.status, patched.headers.get('range')]).toEqual([202, '0-49999']);
    expect((await finish(location, sha256(bytes))).status).toBe(201);
  });

  test.each([
    ['ahead of the next byte', 20],
    ['behind the next byte', 0],
  ])('a chunk %s is refused with 416 and says where to go on', async (_, from) => {
    const location = await openUpload(name);
    await chunk(location, randomBytes(10), 0);
    const refused = await chunk(location, randomBytes(10), from);
    expect(refused.status).toBe(416);
    expect(refused.headers.get('range')).toBe('0-9');
    expect(refused.headers.get('location')).toBe(location);
    expect((await registry(server(), 'GET', location)).headers.get('range')).toBe('0-9');
  });

  test('the last chunk of a PUT out of order is refused with 416 too, and the upload goes on', async () => {
    const bytes = randomBytes(20);
    const location = await openUpload(name);
    await chunk(location, bytes.subarray(0, 10), 0);
    const refused = await registry(server(), 'PUT', `${location}?digest=${sha256(bytes)}`, {
      body: bytes.subarray(10),
      headers: { ...octets, 'content-range': '15-24' },
    });
    expect(refused.status).toBe(416);
    expect((await finish(location, sha256(bytes), bytes.subarray(10))).status).toBe(201);
  });

  test('a cancelled upload is gone', async () => {
    const location = await openUpload(name);
    await chunk(location, randomBytes(10), 0);
    expect((await registry(server(), 'DELETE', location)).status).toBe(204);
    const after = await registry(server(), 'GET', location);
    expect([after.status, await codeOf(after)]).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
    expect((await chunk(location, randomBytes(10), 0)).status).toBe(404);
  });

  test.each([
    [
      'POST',
      async (digest: string, bytes: Buffer) =>
        registry(server(), 'POST', `${name}/blobs/uploads/?digest=${digest}`, { body: bytes, headers: octets }),
    ],
    ['POST and PUT', async (digest: string, bytes: Buffer) => finish(await openUpload(name), digest, bytes)],
  ])('bytes of another digest are refused by %s and leave nothing', async (_, push) => {
    const bytes = randomBytes(500);
    const claimed = sha256(randomBytes(8));
    const refused = await push(claimed, bytes);
    expect([refused.status, await codeOf(refused)]).toEqual([400, 'DIGEST_INVALID']);
    for (const digest of [claimed, sha256(bytes)])
      expect((await registry(server(), 'HEAD', `${name}/blobs/${digest}`)).status).toBe(404);
  });

  test.each(['sha256:short', 'md5:d41d8cd98f00b204e9800998ecf8427e', 'sha512:00', ''])(
    'the digest "%s" is refused',
    async (digest) => {
      const refused = await finish(await openUpload(name), digest, randomBytes(5));
      expect([refused.status, await codeOf(refused)]).toEqual([400, 'DIGEST_INVALID']);
    },
  );

  test('a blob is mounted from another repository, and an unknown one falls back to an upload', async () => {
    const bytes = randomBytes(700);
    const digest = await pushBlob(server(), 'vendor/conformance/origin', bytes);
    const mounted = await registry(
      server(),
      'POST',
      `vendor/conformance/target/blobs/uploads/?mount=${digest}&from=vendor/conformance/origin`,
    );
    expect([mounted.status, mounted.headers.get('location')]).toEqual([
      201,
      `/v2/vendor/conformance/target/blobs/${digest}`,
    ]);
    await blobIs('vendor/conformance/target', digest, bytes);
    const unknown = await registry(
      server(),
      'POST',
      `vendor/conformance/target/blobs/uploads/?mount=${sha256(randomBytes(4))}&from=vendor/conformance/origin`,
    );
    expect([unknown.status, unknown.headers.has('location')]).toEqual([202, true]);
  });
});

describe('interruptions', () => {
  test('an upload goes on where it was after the server was killed', async () => {
    const name = 'vendor/conformance/interrupted';
    const bytes = randomBytes(2_000_000);
    const acknowledged = randomBytes(900_000);
    const kept = await pushBlob(server(), name, acknowledged);
    const location = await openUpload(name);
    expect((await chunk(location, bytes.subarray(0, 1_200_000), 0)).status).toBe(202);
    await server().killTree();
    await server().start();
    const status = await registry(server(), 'GET', location);
    expect([status.status, status.headers.get('range')]).toEqual([204, '0-1199999']);
    expect((await chunk(location, bytes.subarray(1_200_000), 1_200_000)).status).toBe(202);
    expect((await finish(location, sha256(bytes))).status).toBe(201);
    await blobIs(name, sha256(bytes), bytes);
    await blobIs(name, kept, acknowledged);
  });
});
