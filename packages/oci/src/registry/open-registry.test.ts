/** The client against registries that challenge, redirect, falter, lie and leak. */
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { sha256 } from '../layers/tar-fixture.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../media-types.ts';
import { parseChallenge } from './authenticate.ts';
import { openRegistry, type RegistryOptions } from './open-registry.ts';
import { type Answer, type Peer, startPeer } from './peer-fixture.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});
async function peer(answer: Answer, name?: string): Promise<Peer> {
  const started = await startPeer(answer, name);
  peers.push(started);
  return started;
}
const waits: number[] = [];
const client = (url: string, more: Partial<RegistryOptions> = {}) => {
  waits.length = 0;
  return openRegistry({
    url,
    name: 'team/app',
    sleep: (milliseconds) => {
      waits.push(milliseconds);
      return Promise.resolve();
    },
    ...more,
  });
};

const BYTES = Buffer.from('content of a blob');
const BLOB = { mediaType: 'application/octet-stream', digest: sha256(BYTES), size: BYTES.length };
const CREDENTIALS = { user: 'alice', password: 'pass:word' };
const BASIC = `Basic ${Buffer.from('alice:pass:word').toString('base64')}`;
const read = async (stream: Readable) => Buffer.concat(await stream.toArray());

describe('credentials', () => {
  test('a Basic challenge is answered once, then the answer is sent at first', async () => {
    const registry = await peer((request, response) => {
      if (request.authorization === BASIC) response.end(BYTES);
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
    });
    const open = client(registry.url, { credentials: CREDENTIALS });
    expect(await read(await open.blob(BLOB))).toEqual(BYTES);
    expect(await read(await open.blob(BLOB))).toEqual(BYTES);
    expect(registry.seen.map((one) => one.authorization)).toEqual([null, BASIC, BASIC]);
  });

  test('requests that meet the same challenge fetch one token; a token that ran out is renewed', async () => {
    let issued = 0;
    const tokens = await peer((_, response) => {
      issued += 1;
      response.end(JSON.stringify({ token: `t${issued}` }));
    });
    let valid = 't1';
    const registry = await peer((request, response) => {
      if (request.authorization === `Bearer ${valid}`) response.end(BYTES);
      else
        response
          .writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}/token",service="s",scope="x"` })
          .end();
    });
    const open = client(registry.url, { credentials: CREDENTIALS });
    await Promise.all([1, 2, 3, 4].map(async () => read(await open.blob(BLOB))));
    expect(issued).toBe(1);
    expect(tokens.seen[0]).toMatchObject({
      authorization: BASIC,
      path: '/token?service=s&scope=repository%3Ateam%2Fapp%3Apull%2Cpush',
    });
    valid = 't2';
    expect(await read(await open.blob(BLOB))).toEqual(BYTES);
    expect(issued).toBe(2);
  });

  test('a store of blobs elsewhere gets no credentials, and its challenge no answer', async () => {
    const store = await peer((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="give me"' }).end();
    }, 'localhost');
    const registry = await peer((request, response) => {
      if (request.authorization !== BASIC) response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
      else response.writeHead(307, { location: `${store.url}/blob` }).end();
    });
    await expect(client(registry.url, { credentials: CREDENTIALS }).blob(BLOB)).rejects.toMatchObject({
      code: 'unauthorized',
    });
    expect(store.seen.map((one) => one.authorization)).toEqual([null]);
  });

  test('an upload that is led elsewhere carries no credentials there', async () => {
    const store = await peer((_, response) => response.writeHead(201).end(), 'localhost');
    const registry = await peer((request, response) => {
      if (request.authorization !== BASIC) response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
      else response.writeHead(202, { location: `${store.url}/upload?state=1` }).end();
    });
    await client(registry.url, { credentials: CREDENTIALS }).putBlob(BLOB, Readable.from([BYTES]));
    expect(store.seen).toHaveLength(1);
    expect(store.seen[0]).toMatchObject({ authorization: null, body: BYTES });
    expect(store.seen[0]?.headers['content-length']).toBe(String(BYTES.length));
    expect(store.seen[0]?.path).toBe(`/upload?state=1&digest=${encodeURIComponent(BLOB.digest)}`);
  });

  test.each<[string, string, string]>([
    ['nothing', '', 'without saying how'],
    ['an unknown scheme', 'Negotiate', 'without saying how'],
    ['Basic, without credentials', 'Basic realm="x"', 'user name and password'],
    ['a token service that is no URL', 'Bearer realm="http://["', 'no URL'],
    ['a token service of another scheme', 'Bearer realm="file:///etc/passwd"', 'in the clear'],
  ])('%s in a challenge is told', async (_, header, message) => {
    const registry = await peer((_request, response) => response.writeHead(401, { 'www-authenticate': header }).end());
    await expect(client(registry.url).manifest('1')).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining(message),
    });
  });

  test('a registry over TLS cannot have credentials sent in the clear', async () => {
    const fetch = () =>
      Promise.resolve(
        new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer realm="http://evil.example/t"' } }),
      );
    await expect(
      client('https://registry.example', { credentials: CREDENTIALS, fetch }).manifest('1'),
    ).rejects.toMatchObject({ message: expect.stringContaining('in the clear') });
  });

  test('a refused password says so', async () => {
    const registry = await peer((request, response) => {
      if (request.path.startsWith('/token')) response.writeHead(401).end();
      else response.writeHead(401, { 'www-authenticate': 'Bearer realm="/token"' }).end();
    });
    await expect(client(registry.url, { credentials: CREDENTIALS }).manifest('1')).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('refused the user name or password'),
    });
  });

  test.each([
    ['Bearer realm="https://a/t",service="a,b"', { scheme: 'bearer', realm: 'https://a/t', service: 'a,b' }],
    ['Basic realm="x", Bearer realm="https://a/t"', { scheme: 'bearer', realm: 'https://a/t', service: null }],
    ['bearer realm=https://a/t', { scheme: 'bearer', realm: 'https://a/t', service: null }],
    ['BASIC', { scheme: 'basic' }],
    ['Bearer error="x"', null],
  ])('the challenge %s is understood', (header, expected) => {
    expect(parseChallenge(header)).toEqual(expected);
  });
});

describe('passing faults', () => {
  test.each([[429], [500], [502], [503], [504]])('after %i the request is sent again', async (status) => {
    const registry = await peer((_, response) => {
      if (registry.seen.length < 3) response.writeHead(status).end();
      else response.end(BYTES);
    });
    expect(await read(await client(registry.url).blob(BLOB))).toEqual(BYTES);
    expect(registry.seen).toHaveLength(3);
  });

  test.each([
    ['7', [7000]],
    ['86400', [30_000]],
    ['Thu, 01 Jan 1970 00:00:00 GMT', [0]],
  ])('Retry-After %s is kept to, within half a minute', async (header, expected) => {
    const registry = await peer((_, response) => {
      if (registry.seen.length === 1) response.writeHead(429, { 'retry-after': header }).end();
      else response.end(BYTES);
    });
    await read(await client(registry.url).blob(BLOB));
    expect(waits).toEqual(expected);
  });

  test('a cut connection is tried again, a lasting one is told', async () => {
    const registry = await peer((_, response) => {
      if (registry.seen.length < 3) response.destroy();
      else response.end(BYTES);
    });
    expect(await read(await client(registry.url).blob(BLOB))).toEqual(BYTES);
    await registry.close();
    await expect(client(registry.url).blob(BLOB)).rejects.toMatchObject({ code: 'registry-unreachable' });
    expect(waits).toHaveLength(3);
  });

  test('an answer that does not come ends with the timeout', async () => {
    const registry = await peer(() => undefined);
    await expect(client(registry.url, { timeout: 50, attempts: 1 }).hasBlob(BLOB)).rejects.toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('no answer within 50 ms'),
    });
  });

  test('a refusal is not tried again and carries the registry’s words', async () => {
    const registry = await peer((_, response) =>
      response.writeHead(403).end('{"errors":[{"code":"DENIED","message":"quota is used up"}]}'),
    );
    await expect(
      client(registry.url).putManifest({ digest: BLOB.digest, mediaType: OCI_MANIFEST, bytes: Buffer.from('{}') }, 'a'),
    ).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('answered 403 to PUT /v2/team/app/manifests/a: DENIED: quota is used up'),
    });
    expect(registry.seen).toHaveLength(1);
  });

  test('a blob that breaks off in the middle is an error, never a short blob', async () => {
    const registry = await peer((_, response) => {
      response.writeHead(200, { 'content-length': String(BYTES.length) });
      response.write(BYTES.subarray(0, 5), () => response.destroy());
    });
    await expect(read(await client(registry.url).blob(BLOB))).rejects.toMatchObject({ code: 'registry-unreachable' });
  });
});

describe('uploads', () => {
  const uploads = (onPut: (tries: number, response: Parameters<Answer>[1]) => void): Answer => {
    let tries = 0;
    return (request, response) => {
      if (request.method === 'POST') response.writeHead(202, { location: `/v2/team/app/blobs/uploads/${tries}` }).end();
      else onPut(++tries, response);
    };
  };

  test('content that can be opened again is sent again in a session of its own', async () => {
    let opened = 0;
    const registry = await peer(
      uploads((tries, response) => {
        if (tries === 1) response.destroy();
        else if (tries === 2) response.writeHead(503).end();
        else response.writeHead(201).end();
      }),
    );
    const open = () => {
      opened += 1;
      return Promise.resolve(Readable.from([BYTES]));
    };
    await client(registry.url).putBlob(BLOB, await open(), open);
    expect(opened).toBe(3);
    const puts = registry.seen.filter((one) => one.method === 'PUT');
    expect(puts.map((one) => one.path.split('?')[0])).toEqual(
      [0, 1, 2].map((at) => `/v2/team/app/blobs/uploads/${at}`),
    );
    expect(puts[2]?.body).toEqual(BYTES);
  });

  test('content that can be read once is sent again all the same', async () => {
    const registry = await peer(uploads((tries, response) => response.writeHead(tries === 1 ? 502 : 201).end()));
    await client(registry.url).putBlob(BLOB, Readable.from([BYTES]));
    expect(registry.seen.filter((one) => one.method === 'PUT').map((one) => one.body)).toEqual([BYTES, BYTES]);
  });

  test.each([
    ['other bytes', Buffer.alloc(BYTES.length), 'digest-mismatch'],
    ['more bytes', Buffer.concat([BYTES, BYTES]), 'size-mismatch'],
    ['fewer bytes', BYTES.subarray(1), 'size-mismatch'],
  ])('%s than the digest says are not stored, whatever the registry would take', async (_, bytes, code) => {
    const registry = await peer(uploads((_tries, response) => response.writeHead(201).end()));
    const open = () => Promise.resolve(Readable.from([bytes]));
    await expect(client(registry.url).putBlob(BLOB, await open(), open)).rejects.toMatchObject({ code });
    expect(registry.seen.filter((one) => one.method === 'PUT')).toEqual([]);
  });

  test('a source that fails is blamed, not the registry', async () => {
    const registry = await peer(uploads((_tries, response) => response.writeHead(201).end()));
    const broken = new Readable({
      read() {
        this.destroy(new Error('the disk is gone'));
      },
    });
    await expect(client(registry.url).putBlob(BLOB, broken, () => Promise.resolve(broken))).rejects.toThrow(
      'the disk is gone',
    );
  });
});

describe('answers that lie', () => {
  test.each<[string, Answer, string]>([
    [
      'a manifest with another digest',
      (_, response) => response.setHeader('docker-content-digest', BLOB.digest).end('{}'),
      'digest-mismatch',
    ],
    ['a manifest of 5 MiB', (_, response) => response.end(Buffer.alloc(5 << 20)), 'registry-error'],
    ['redirects without end', (_, response) => response.writeHead(302, { location: '/again' }).end(), 'registry-error'],
    [
      'a Location that is no URL',
      (_, response) => response.writeHead(302, { location: 'http://[' }).end(),
      'registry-error',
    ],
    [
      'a Location of another scheme',
      (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'registry-error',
    ],
  ])('%s is refused', async (_, answer, code) => {
    const registry = await peer(answer);
    await expect(client(registry.url).manifest('1')).rejects.toMatchObject({ code });
  });

  test.each<[string, Answer, string]>([
    [
      'endless pages',
      (request, response) => response.setHeader('link', `<${request.path}x>; rel="next"`).end('{"tags":[]}'),
      'without end',
    ],
    [
      'pages in a circle',
      (request, response) => response.setHeader('link', `<${request.path}>; rel="next"`).end('{"tags":["a"]}'),
      'without end',
    ],
    [
      'pages elsewhere',
      (_, response) => response.setHeader('link', '<http://evil.example/x>; rel="next"').end('{"tags":["a"]}'),
      'not followed',
    ],
    ['no list', (_, response) => response.end('<html>'), 'something else than a list'],
  ])('a list of tags with %s is refused', async (_, answer, message) => {
    const registry = await peer(answer);
    await expect(client(registry.url).tags()).rejects.toMatchObject({ message: expect.stringContaining(message) });
  });

  test('tags are read page by page; what is no tag is left out', async () => {
    const registry = await peer((request, response) => {
      if (request.path.endsWith('last=b')) response.end('{"tags":["c","../../etc"]}');
      else response.setHeader('link', '</v2/team/app/tags/list?n=1000&last=b>; rel="next"').end('{"tags":["a","b"]}');
    });
    expect(await client(registry.url).tags()).toEqual(['a', 'b', 'c']);
  });

  test('a blob of another length is not taken for the one that is there', async () => {
    const registry = await peer((_, response) => response.writeHead(200, { 'content-length': '3' }).end());
    expect(await client(registry.url).hasBlob(BLOB)).toBe(false);
  });

  test.each([['../../secret'], ['a b'], ['']])('%j does not become part of a path', async (reference) => {
    await expect(client('http://127.0.0.1:1').manifest(reference)).rejects.toMatchObject({ code: 'reference-invalid' });
  });

  test('a registry without a type for manifests is read by the manifest’s own', async () => {
    const bytes = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] });
    const registry = await peer((_, response) => response.setHeader('content-type', 'application/json').end(bytes));
    expect((await client(registry.url).manifest('1')).mediaType).toBe(OCI_INDEX);
  });
});
