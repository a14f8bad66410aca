import { createHash } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canonicalImage, compileTrustPolicy, createSigner, generateKey } from '@pratique/sign';
import { afterEach, describe, expect, test } from 'vitest';
import { createOutboundGuard } from '../outbound/check-target.ts';
import { examine } from './examine.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: `sha256:${'0'.repeat(64)}`, size: 2 };
const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [] }));
const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
const policy = compileTrustPolicy({
  version: 1,
  rules: [
    { name: 'all', images: ['**'], authorities: { anyOf: [{ key: createSigner(generateKey()).publicKey.pem }] } },
  ],
});

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function upstream(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers manifests honestly; everything else as the test wants. */
const honest =
  (rest: RequestListener): RequestListener =>
  (request, response) =>
    request.url?.includes('/manifests/v1') ||
    (request.url?.endsWith(digest.slice(7)) && request.url.includes('/manifests/'))
      ? response.writeHead(200, { 'content-type': MANIFEST }).end(manifest)
      : rest(request, response);
const absent: RequestListener = (_, response) => response.writeHead(404).end('{}');

async function judge(answer: RequestListener, reference = ':v1', limits = { deadlineMs: 5000, maxBytes: 2_000_000 }) {
  const host = await upstream(answer);
  const guard = createOutboundGuard({ allowInternalTargets: [host] });
  return examine(
    { guard, credentials: async () => null, limits },
    policy,
    canonicalImage(`${host}/acme/app${reference}`),
  );
}

describe('a registry that', () => {
  test.each<[string, RequestListener, string, { outcome: string; reason: RegExp }]>([
    ['has an image that nobody signed', honest(absent), ':v1', { outcome: 'refused', reason: /nothing is attached/ }],
    ['has no such image', absent, ':v1', { outcome: 'refused', reason: /has no such image/ }],
    [
      'answers a digest with another manifest',
      (_, response) => response.writeHead(200, { 'content-type': MANIFEST }).end(manifest),
      `@sha256:${'b'.repeat(64)}`,
      { outcome: 'refused', reason: /whose digest is/ },
    ],
    [
      'names a digest in its header that is not that of its bytes',
      (_, response) =>
        response
          .writeHead(200, { 'content-type': MANIFEST, 'docker-content-digest': `sha256:${'b'.repeat(64)}` })
          .end(manifest),
      ':v1',
      { outcome: 'refused', reason: /whose digest is/ },
    ],
    [
      'answers no manifest at all',
      (_, response) => response.writeHead(200, { 'content-type': MANIFEST }).end('<html>'),
      ':v1',
      { outcome: 'refused', reason: /not valid JSON/ },
    ],
    [
      'wants a password',
      (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic' }).end(),
      ':v1',
      { outcome: 'unreachable', reason: /pratique trust login/ },
    ],
    [
      'sends a manifest without end',
      (_, response) => {
        response.writeHead(200, { 'content-type': MANIFEST });
        const more = () => response.write(Buffer.alloc(65_536, 32), () => !response.destroyed && setImmediate(more));
        more();
      },
      ':v1',
      { outcome: 'unreachable', reason: /cut off|more than/ },
    ],
    [
      'leads into our own network',
      (_, response) => response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
      ':v1',
      { outcome: 'unreachable', reason: /169\.254\.169\.254 is an internal address/ },
    ],
    [
      'names a token service in our own network',
      (_, response) => response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://10.0.0.1/token"' }).end(),
      ':v1',
      { outcome: 'unreachable', reason: /10\.0\.0\.1.*cannot be reached/ },
    ],
    [
      'lists referrers in pages without end',
      honest((request, response) => {
        if (!request.url?.includes('/referrers/')) return absent(request, response);
        return response
          .writeHead(200, { 'content-type': INDEX, link: `<${request.url}x>; rel="next"` })
          .end(JSON.stringify({ schemaVersion: 2, manifests: [] }));
      }),
      ':v1',
      { outcome: 'unreachable', reason: /without end|cut off|cannot be reached/ },
    ],
    [
      'answers signatures with an error of its own',
      honest((_, response) => response.writeHead(500).end('{}')),
      ':v1',
      { outcome: 'unreachable', reason: /answered 500/ },
    ],
  ])('%s', async (_, answer, reference, { outcome, reason }) => {
    const found = await judge(answer, reference);
    expect(found.outcome).toBe(outcome);
    expect('reasons' in found && found.reasons.join('\n')).toMatch(reason);
  });

  test('sends a byte now and then is given up when the time is over', async () => {
    const drip: RequestListener = (_, response) => {
      response.writeHead(200, { 'content-type': MANIFEST });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    };
    const found = await judge(drip, ':v1', { deadlineMs: 300, maxBytes: 1_000_000 });
    expect(found).toMatchObject({ outcome: 'unreachable' });
  });

  test('is about no image of the policy is not asked', async () => {
    const narrow = compileTrustPolicy({
      version: 1,
      rules: [{ name: 'x', images: ['ghcr.io/acme/**'], unsigned: 'allow' }],
    });
    const guard = createOutboundGuard({ allowInternalTargets: [] });
    const found = await examine({ guard, credentials: async () => null }, narrow, canonicalImage('quay.io/acme/app'));
    expect(found).toEqual({ outcome: 'unmatched' });
  });
});
