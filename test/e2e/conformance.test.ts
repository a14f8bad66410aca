/** The distribution specification 1.1 beyond the pushing of blobs, section by section, by raw HTTP. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../packages/oci/src/layers/tar-fixture.ts';
import { addRobot } from '../support/chain.ts';
import {
  bookworm,
  descriptorOf,
  makeArtifact,
  makeImage,
  makeIndex,
  pushBlob,
  pushImage,
  putManifest,
  registry,
} from '../support/image.ts';
import { codeOf, type Errors } from '../support/registry-errors.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer();

describe('pulling', () => {
  const name = 'vendor/a/name/with/many/slashes';

  test('a blob is answered whole, by range, and by HEAD without a body', async () => {
    const bytes = randomBytes(1000);
    const digest = await pushBlob(server(), name, bytes);
    const head = await registry(server(), 'HEAD', `${name}/blobs/${digest}`);
    expect([head.status, head.headers.get('content-length'), head.headers.get('docker-content-digest')]).toEqual([
      200,
      '1000',
      digest,
    ]);
    for (const [range, from, to] of [
      ['bytes=0-99', 0, 100],
      ['bytes=900-', 900, 1000],
      ['bytes=-10', 990, 1000],
      ['bytes=500-5000', 500, 1000],
    ] as const) {
      const part = await registry(server(), 'GET', `${name}/blobs/${digest}`, { headers: { range } });
      expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes ${from}-${to - 1}/1000`]);
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(from, to))).toBe(true);
    }
    const beyond = await registry(server(), 'GET', `${name}/blobs/${digest}`, { headers: { range: 'bytes=1000-' } });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */1000']);
  });

  test('a manifest is answered byte for byte by tag and digest, with its media type', async () => {
    const image = makeImage(bookworm([]), { note: 'pull' });
    await pushImage(server(), name, 'v1', image);
    for (const reference of ['v1', image.digest]) {
      const got = await registry(server(), 'GET', `${name}/manifests/${reference}`);
      expect(got.headers.get('content-type')).toBe(image.mediaType);
      expect(got.headers.get('docker-content-digest')).toBe(image.digest);
      expect(Buffer.from(await got.arrayBuffer()).equals(image.manifest)).toBe(true);
      const head = await registry(server(), 'HEAD', `${name}/manifests/${reference}`);
      expect([head.status, head.headers.get('content-length')]).toEqual([200, String(image.manifest.length)]);
      expect(await head.text()).toBe('');
    }
  });

  test.each([
    ['manifests/absent', 'MANIFEST_UNKNOWN'],
    [`manifests/sha256:${'0'.repeat(64)}`, 'MANIFEST_UNKNOWN'],
    [`blobs/sha256:${'0'.repeat(64)}`, 'BLOB_UNKNOWN'],
  ])('%s that is not there is a 404 with an error body', async (path, code) => {
    const answer = await registry(server(), 'GET', `${name}/${path}`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('application/json');
    const body = (await answer.json()) as Errors;
    expect(body.errors).toHaveLength(1);
    expect(body.errors[0]).toMatchObject({ code, message: expect.stringMatching(/\w/) as string });
  });

  test('a repository that is not there has no tags', async () => {
    const answer = await registry(server(), 'GET', 'vendor/never/pushed/tags/list');
    expect([answer.status, await codeOf(answer)]).toEqual([404, 'NAME_UNKNOWN']);
  });

  test.each(['vendor/UPPER', 'vendor/-dash', 'vendor/a..b', `vendor/${'a'.repeat(256)}`, 'lonely'])(
    'the name %s is refused',
    async (bad) => {
      const answer = await registry(server(), 'GET', `${bad}/tags/list`);
      expect([400, 404]).toContain(answer.status);
      expect(await codeOf(answer)).toMatch(/^NAME_/);
    },
  );
});

describe('pushing manifests', () => {
  const name = 'vendor/conformance/manifests';

  test('a push answers with location and digest', async () => {
    const image = makeImage(bookworm([]), { note: 'answer' });
    for (const blob of image.blobs) await pushBlob(server(), name, blob.bytes);
    const answer = await putManifest(server(), name, 'v1', image);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('docker-content-digest')).toBe(image.digest);
    expect(answer.headers.get('location')).toBe(`/v2/${name}/manifests/${image.digest}`);
    expect(answer.headers.get('oci-subject')).toBeNull();
  });

  test('a manifest whose blobs are not there is refused, naming them', async () => {
    const image = makeImage(bookworm([]), { note: `absent ${randomBytes(4).toString('hex')}` });
    const answer = await putManifest(server(), name, 'absent', image);
    const body = (await answer.json()) as Errors;
    expect([answer.status, body.errors[0]?.code]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    expect(JSON.stringify(body)).toContain(image.blobs[0]?.digest);
    expect((await registry(server(), 'HEAD', `${name}/manifests/absent`)).status).toBe(404);
  });

  test('a manifest pushed under another digest is refused', async () => {
    const image = makeImage(bookworm([]), { note: 'wrong digest' });
    for (const blob of image.blobs) await pushBlob(server(), name, blob.bytes);
    const answer = await putManifest(server(), name, sha256(randomBytes(4)), image);
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'DIGEST_INVALID']);
  });

  test('a subject that is not there yet is fine, is named in the answer, and finds its referrer later', async () => {
    const image = makeImage(bookworm([]), { note: 'subject' });
    const artifact = makeArtifact('application/vnd.example.sbom', 'the list', image);
    for (const blob of artifact.blobs) await pushBlob(server(), name, blob.bytes);
    const answer = await putManifest(server(), name, artifact.digest, artifact);
    expect([answer.status, answer.headers.get('oci-subject')]).toEqual([201, image.digest]);
    const referrers = await registry(server(), 'GET', `${name}/referrers/${image.digest}`);
    expect(referrers.headers.get('content-type')).toBe('application/vnd.oci.image.index.v1+json');
    expect(await referrers.json()).toMatchObject({
      schemaVersion: 2,
      manifests: [
        {
          ...descriptorOf(artifact),
          artifactType: 'application/vnd.example.sbom',
          annotations: { 'org.example.note': 'the list' },
        },
      ],
    });
  });

  test('an index needs its children', async () => {
    const children = ['amd64', 'arm64'].map((architecture) => ({
      image: makeImage(bookworm([]), { note: architecture, platform: { os: 'linux', architecture } }),
      os: 'linux',
      architecture,
    }));
    const index = makeIndex(children);
    expect((await putManifest(server(), name, 'multi', index)).status).toBe(400);
    for (const { image } of children) await pushImage(server(), name, null, image);
    expect((await putManifest(server(), name, 'multi', index)).status).toBe(201);
  });
});

describe('referrers', () => {
  const name = 'vendor/conformance/referrers';

  test('are listed by subject and filtered by type, with the header that says so', async () => {
    const image = makeImage(bookworm([]), { note: 'referred' });
    const [first, second] = [
      makeArtifact('application/vnd.example.a', 'a', image),
      makeArtifact('application/vnd.example.b', 'b', image),
    ];
    for (const each of [image, first, second]) await pushImage(server(), name, null, each);
    const list = async (query: string) => {
      const answer = await registry(server(), 'GET', `${name}/referrers/${image.digest}${query}`);
      const { manifests } = (await answer.json()) as { manifests: { digest: string }[] };
      return { digests: manifests.map((one) => one.digest).sort(), filters: answer.headers.get('oci-filters-applied') };
    };
    expect(await list('')).toEqual({ digests: [first.digest, second.digest].sort(), filters: null });
    expect(await list('?artifactType=application/vnd.example.a')).toEqual({
      digests: [first.digest],
      filters: 'artifactType',
    });
    expect((await registry(server(), 'DELETE', `${name}/manifests/${first.digest}`)).status).toBe(202);
    expect((await list('')).digests).toEqual([second.digest]);
  });

  test.each(['vendor/conformance/referrers', 'vendor/not/there'])(
    'of a digest that %s does not hold are an empty index',
    async (where) => {
      const answer = await registry(server(), 'GET', `${where}/referrers/${sha256(randomBytes(4))}`);
      expect([answer.status, await answer.json()]).toMatchObject([200, { schemaVersion: 2, manifests: [] }]);
    },
  );

  test('of something that is no digest are a 400', async () => {
    expect((await registry(server(), 'GET', `${name}/referrers/latest`)).status).toBe(400);
  });
});

describe('listing tags', () => {
  const name = 'vendor/conformance/tags';

  test('goes in lexical order by pages that link to the next one', async () => {
    // An artifact starts no chain, so nobody else adds a tag meanwhile.
    const image = makeArtifact('application/vnd.example.tags', 'tags');
    const tags = ['1.10', '1.9', 'Beta', 'alpha', 'beta', 'latest', '_x'];
    for (const tag of tags) await pushImage(server(), name, tag, image);
    const lexical = [...tags].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await (await registry(server(), 'GET', `${name}/tags/list`)).json()).toEqual({ name, tags: lexical });
    const seen: string[] = [];
    let next: string | null = `/v2/${name}/tags/list?n=3`;
    while (next !== null) {
      const answer: Response = await registry(server(), 'GET', next);
      const page = ((await answer.json()) as { tags: string[] }).tags;
      expect(page.length).toBeLessThanOrEqual(3);
      seen.push(...page);
      next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
    }
    expect(seen).toEqual(lexical);
    const after = await registry(server(), 'GET', `${name}/tags/list?n=2&last=alpha`);
    expect(((await after.json()) as { tags: string[] }).tags).toEqual(['beta', 'latest']);
    const none = await registry(server(), 'GET', `${name}/tags/list?n=0`);
    expect([((await none.json()) as { tags: string[] }).tags, none.headers.get('link')]).toEqual([[], null]);
  });

  test('refuses an n that is no number', async () => {
    expect((await registry(server(), 'GET', `${name}/tags/list?n=many`)).status).toBeGreaterThanOrEqual(400);
  });
});

describe('deleting', () => {
  const name = 'vendor/conformance/delete';

  test('a tag leaves the manifest; a digest takes its tags along; a blob goes once nothing needs it', async () => {
    const image = makeImage(bookworm([]), { note: 'delete' });
    const layer = image.blobs[1]?.digest ?? '';
    await pushImage(server(), name, 'a', image);
    await pushImage(server(), name, 'b', image);
    expect((await registry(server(), 'DELETE', `${name}/manifests/a`)).status).toBe(202);
    expect((await registry(server(), 'HEAD', `${name}/manifests/a`)).status).toBe(404);
    expect((await registry(server(), 'HEAD', `${name}/manifests/${image.digest}`)).status).toBe(200);
    expect((await registry(server(), 'DELETE', `${name}/blobs/${layer}`)).status).toBe(403);
    expect((await registry(server(), 'DELETE', `${name}/manifests/${image.digest}`)).status).toBe(202);
    for (const reference of ['b', image.digest])
      expect((await registry(server(), 'GET', `${name}/manifests/${reference}`)).status).toBe(404);
    expect(await (await registry(server(), 'GET', `${name}/tags/list`)).json()).toEqual({ name, tags: [] });
    expect((await registry(server(), 'DELETE', `${name}/blobs/${layer}`)).status).toBe(202);
    expect((await registry(server(), 'HEAD', `${name}/blobs/${layer}`)).status).toBe(404);
  });

  test.each(['manifests/none', `manifests/sha256:${'1'.repeat(64)}`, `blobs/sha256:${'1'.repeat(64)}`])(
    '%s that is not there is a 404',
    async (path) => {
      expect((await registry(server(), 'DELETE', `${name}/${path}`)).status).toBe(404);
    },
  );

  test('a manifest that an index lists stays', async () => {
    const image = makeImage(bookworm([]), { note: 'listed' });
    await pushImage(server(), name, null, image);
    await pushImage(server(), name, 'multi', makeIndex([{ image, os: 'linux', architecture: 'amd64' }]));
    expect((await registry(server(), 'DELETE', `${name}/manifests/${image.digest}`)).status).toBe(403);
    expect((await registry(server(), 'GET', `${name}/manifests/${image.digest}`)).status).toBe(200);
  });
});

describe('who may', () => {
  const name = 'vendor/conformance/tokens';
  const challenge = /^Bearer realm="(http[^"]+\/v2\/token)",service="pratique"(?:,scope="([^"]+)")?/;

  async function tokenFor(user: string, password: string, ...scopes: string[]): Promise<string> {
    const query = new URLSearchParams({ service: 'pratique' });
    for (const scope of scopes) query.append('scope', scope);
    const answer = await registry(server(), 'GET', `/v2/token?${query.toString()}`, {
      credentials: { user, password },
    });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { token: string }).token;
  }

  test('is asked of everybody, with a challenge that starts the token flow', async () => {
    const base = await registry(server(), 'GET', '/v2/', { credentials: null });
    expect(base.status).toBe(401);
    expect(base.headers.get('www-authenticate')).toMatch(challenge);
    expect(await codeOf(base)).toBe('UNAUTHORIZED');
    const push = await registry(server(), 'POST', `${name}/blobs/uploads/`, { credentials: null });
    const [, realm, scope] = challenge.exec(push.headers.get('www-authenticate') ?? '') ?? [];
    expect([realm, scope]).toEqual([`${server().url}/v2/token`, `repository:${name}:pull,push`]);
  });

  test('a token carries what was asked for and the caller has, and no more', async () => {
    const image = makeImage(bookworm([]), { note: 'tokens' });
    await pushImage(server(), name, 'v1', image);
    const { user, token: secret } = await addRobot(server(), 'vendor', {
      name: 'narrow',
      role: 'developer',
      repositories: ['conformance/*'],
    });
    const pull = await tokenFor(user, secret, `repository:${name}:pull`);
    expect((await registry(server(), 'GET', `${name}/manifests/v1`, { credentials: pull })).status).toBe(200);
    const pushed = await registry(server(), 'POST', `${name}/blobs/uploads/`, { credentials: pull });
    expect([pushed.status, pushed.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('insufficient_scope'),
    ]);
    const all = await tokenFor(user, secret, `repository:${name}:pull,push,delete`, 'repository:vendor/other:pull');
    expect((await registry(server(), 'POST', `${name}/blobs/uploads/`, { credentials: all })).status).toBe(202);
    expect((await registry(server(), 'DELETE', `${name}/manifests/v1`, { credentials: all })).status).toBe(403);
    expect((await registry(server(), 'GET', 'vendor/other/tags/list', { credentials: all })).status).toBe(403);
  });

  test('wrong credentials get no token', async () => {
    const answer = await registry(server(), 'GET', `/v2/token?scope=repository:${name}:pull`, {
      credentials: { user: 'admin', password: 'not-the-password' },
    });
    expect(answer.status).toBe(401);
  });

  test('the OAuth form of the token request works as well', async () => {
    const { user, token: secret } = await addRobot(server(), 'vendor', { name: 'oauth', role: 'reader' });
    const answer = await fetch(`${server().url}/v2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password',
        service: 'pratique',
        client_id: 'test',
        username: user,
        password: secret,
        scope: `repository:${name}:pull`,
      }),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    expect((await registry(server(), 'GET', `${name}/tags/list`, { credentials: token })).status).toBe(200);
  });
});
