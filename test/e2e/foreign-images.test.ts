/** Images of another registry, signed by the real cosign 3 and 2: examined in the background, admitted by the trust policy. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../apps/cli/src/run.ts';
import type { ForeignImage, NewClusterAnswer, TrustTestResult } from '../../packages/contract/src/index.ts';
import { type Asked, container, type Reply, review } from '../support/admission.ts';
import { eventually, must } from '../support/chain.ts';
import { freePort } from '../support/free-port.ts';
import { bookworm, HARMLESS, makeImage, type TestImage } from '../support/image.ts';
import { findTool, mustRun } from '../support/tools.ts';
import { pushUpstream, startDockerRegistry, startFalseRegistry, type Upstream } from '../support/upstream.ts';
import { useServer } from '../support/use-server.ts';

const ports = [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()];
const [closed = 0, good = 0, hanging = 0, lying = 0, endless = 0, unlisted = 0] = ports;
const at = (port: number) => `127.0.0.1:${port}`;
const [cosign, cosign2, registry] = [
  await findTool('cosign'),
  await findTool('cosign2'),
  await findTool('docker-registry'),
];
const missing =
  cosign === null
    ? 'cosign is not there (npm run peers:build)'
    : registry === null
      ? 'docker-registry is not installed (apt-get install docker-registry)'
      : null;
const server = useServer({
  env: { PRATIQUE_ALLOW_INTERNAL_TARGETS: [closed, good, hanging, lying, endless].map(at).join(',') },
});

let home = '';
let cluster: NewClusterAnswer;
let trusted = '';
const upstreams: Upstream[] = [];
const image = (note: string): TestImage => makeImage(bookworm([HARMLESS]), { note });
const images = {
  trusted: image('trusted'),
  moved: image('moved'),
  other: image('other'),
  unsigned: image('unsigned'),
  older: image('older'),
  attested: image('attested'),
};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'foreign-'));
  const made = must(await server().api('POST', '/api/v1/accounts/customer/clusters', { name: 'shop' }));
  cluster = made as NewClusterAnswer;
  trusted = Buffer.from(cluster.caBundle, 'base64').toString();
  await eventually('the cluster', async () => ((await validate(pod('x'))).status === 200 ? true : null));
  if (cosign === null || registry === null) return;
  upstreams.push(await startDockerRegistry(registry, good));
  for (const prefix of ['ours', 'theirs']) await run(cosign, 'generate-key-pair', '--output-key-prefix', prefix);
});
afterAll(async () => {
  await Promise.all(upstreams.map((one) => one.stop()));
  await rm(home, { recursive: true, force: true });
});

const run = (program: string, ...args: string[]) =>
  mustRun(program, args, { cwd: home, env: { HOME: home, COSIGN_PASSWORD: 'secret', DOCKER_CONFIG: home } });
async function cli(...argv: string[]): Promise<{ code: number; out: string; notes: string }> {
  let [out, notes] = ['', ''];
  const code = await runCli(argv, {
    env: { PRATIQUE_URL: server().url, PRATIQUE_TOKEN: server().token(), XDG_CONFIG_HOME: home, DOCKER_CONFIG: home },
    cwd: home,
    out: (text) => {
      out += text;
    },
    note: (text) => {
      notes += text;
    },
    width: null,
    progress: { update: () => undefined, end: () => undefined },
    readInput: () => Promise.resolve('open sesame\n'),
  });
  return { code, out, notes };
}
const sign3 = (key: string, reference: string) =>
  run(
    cosign ?? '',
    'sign',
    '--key',
    `${key}.key`,
    '-y',
    '--use-signing-config=false',
    '--tlog-upload=false',
    '--allow-http-registry',
    reference,
  );

const pod = (...names: string[]): Asked => ({
  kind: { group: '', version: 'v1', kind: 'Pod' },
  object: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec: { containers: names.map((name, index) => container(name, { name: `c${index}` })) },
  },
});
const validate = (asked: Asked): Promise<Reply> => review(cluster.validateUrl, asked, trusted);
const mutate = (asked: Asked): Promise<Reply> => review(cluster.mutateUrl, asked, trusted);

/** What admission says of a name once it has been examined. */
const settled = (name: string) =>
  eventually(`the examination of ${name}`, async () => {
    const answer = await validate(pod(name));
    return /being examined/.test(answer.message) ? null : answer;
  });
/** What a pod with this name would run. */
async function pinned(name: string): Promise<string> {
  await settled(name);
  return (await mutate(pod(name))).patch[0]?.value ?? name;
}

async function setPolicy(rules: object[], more: object = {}): Promise<number> {
  const policy = {
    version: 1,
    keys: { ours: await readFile(join(home, 'ours.pub'), 'utf8').catch(() => somePem) },
    rules,
    ...more,
  };
  return (must(await server().api('PUT', '/api/v1/accounts/customer/trust-policy', { policy })) as { version: number })
    .version;
}
const somePem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ type: 'spki', format: 'pem' })
  .toString();
const everywhere = { name: 'upstream', images: ['127.0.0.1:*/**'], authorities: { anyOf: [{ key: 'ours' }] } };

test('without a trust policy an image of another registry is refused, and it is said how to trust one', async () => {
  const answer = await validate(pod('docker.io/library/nginx:1'));
  expect(answer).toMatchObject({ allowed: false });
  expect(answer.message).toMatch(/customer has no trust policy.*pratique trust set customer FILE/);
});

test('a policy that is wrong is refused with the place of it', async () => {
  const policy = { version: 1, rules: [{ ...everywhere, images: ['nginx'] }] };
  const answer = await server().api('PUT', '/api/v1/accounts/customer/trust-policy', { policy });
  expect(answer.status).toBe(400);
  expect(answer.text).toMatch(/rules\.0\.images\.0: begins with the registry’s host/);
});

describe.skipIf(missing !== null)(`with a real registry and cosign${missing ? ` (skipped: ${missing})` : ''}`, () => {
  beforeAll(async () => {
    for (const [name, one] of Object.entries(images))
      if (name !== 'moved') await pushUpstream(at(good), `acme/${name}`, 'v1', one);
    await sign3('ours', `${at(good)}/acme/trusted@${images.trusted.digest}`);
    await sign3('theirs', `${at(good)}/acme/other@${images.other.digest}`);
    await setPolicy([everywhere]);
  });

  test('an image by the trusted key is admitted, pinned to what was examined', async () => {
    const name = `${at(good)}/acme/trusted:v1`;
    const first = await validate(pod(name));
    expect(first).toMatchObject({ allowed: false });
    expect(await pinned(name)).toBe(`${at(good)}/acme/trusted@${images.trusted.digest}`);
    // The tag itself is not enough for a pod, its digest is.
    expect((await validate(pod(name))).message).toMatch(/is not pinned by its digest/);
    expect(await validate(pod(await pinned(name)))).toMatchObject({ allowed: true });
  });

  test('a tag that moved meanwhile changes nothing in what the pod runs', async () => {
    const name = `${at(good)}/acme/trusted:v1`;
    await settled(name);
    await pushUpstream(at(good), 'acme/trusted', 'v1', images.moved);
    expect(await pinned(name)).toBe(`${at(good)}/acme/trusted@${images.trusted.digest}`);
    expect((await settled(`${at(good)}/acme/trusted@${images.moved.digest}`)).message).toMatch(
      /refused by the trust policy/,
    );
  });

  test('an image by another key is refused, and told why', async () => {
    const answer = await settled(`${at(good)}/acme/other:v1`);
    expect(answer.message).toMatch(
      /refused by the trust policy of customer: the rule upstream asks for a signature \(key ours: no trusted key made the signature/,
    );
  });

  test('an image that nobody signed is refused, and admitted soon after it is signed', async () => {
    const name = `${at(good)}/acme/unsigned:v1`;
    expect((await settled(name)).message).toMatch(/nothing is attached to sha256:/);
    await sign3('ours', `${at(good)}/acme/unsigned@${images.unsigned.digest}`);
    await eventually('the image is trusted', async () =>
      /not pinned/.test((await validate(pod(name))).message) ? true : null,
    );
  });

  test('an image that is not there is refused', async () => {
    expect((await settled(`${at(good)}/acme/nothing:v1`)).message).toMatch(/has no such image/);
  });

  test.skipIf(cosign2 === null)('a signature of cosign 2 counts the same', async () => {
    const name = `${at(good)}/acme/older`;
    await run(
      cosign2 ?? '',
      'sign',
      '--key',
      'ours.key',
      '-y',
      '--tlog-upload=false',
      '--allow-http-registry',
      `${name}@${images.older.digest}`,
    );
    expect(await pinned(`${name}:v1`)).toBe(`${name}@${images.older.digest}`);
  });

  test('what must be attested is asked for, of whom it must be', async () => {
    const name = `${at(good)}/acme/attested`;
    await run(
      cosign ?? '',
      'sign',
      '--key',
      'ours.key',
      '-y',
      '--use-signing-config=false',
      '--tlog-upload=false',
      '--allow-http-registry',
      `${name}@${images.attested.digest}`,
    );
    await setPolicy([
      { ...everywhere, predicates: [{ type: 'https://spdx.dev/Document', authorities: { anyOf: [{ key: 'ours' }] } }] },
    ]);
    expect((await settled(`${name}:v1`)).message).toMatch(/asks for an attestation https:\/\/spdx\.dev\/Document/);
    await setPolicy([everywhere]);
    expect(await pinned(`${name}:v1`)).toBe(`${name}@${images.attested.digest}`);
  });

  test('a policy that trusts somebody else is followed at once', async () => {
    const name = `${at(good)}/acme/trusted@${images.trusted.digest}`;
    await setPolicy([everywhere]);
    expect(await settled(name)).toMatchObject({ allowed: true });
    await setPolicy([{ ...everywhere, authorities: { anyOf: [{ key: somePem }] } }]);
    expect((await settled(name)).message).toMatch(/refused by the trust policy/);
    await setPolicy([everywhere]);
    expect(await settled(name)).toMatchObject({ allowed: true });
  });

  test('a test by hand keeps nothing, and says which signature was looked at', async () => {
    const tested = must(
      await server().api('POST', '/api/v1/accounts/customer/trust-policy/test', {
        reference: `${at(good)}/acme/other:v1`,
      }),
    ) as TrustTestResult;
    expect(tested).toMatchObject({ state: 'refused', digest: images.other.digest });
    expect(tested.rules[0]?.requirements[0]?.authorities[0]).toMatchObject({
      authority: 'key ours',
      satisfied: false,
      looked: [{ form: 'bundle' }],
    });
  });

  test('what clusters asked for can be listed', async () => {
    const listed = must(await server().api('GET', '/api/v1/accounts/customer/foreign-images')) as ForeignImage[];
    expect(listed).toContainEqual(
      expect.objectContaining({ name: `${at(good)}/acme/other`, reference: 'v1', state: 'refused' }),
    );
    expect(must(await server().api('GET', '/api/v1/accounts/vendor/foreign-images'))).toEqual([]);
  });

  test('a registry that asks for a password is told it, by the account that has one', async () => {
    const expected = `Basic ${Buffer.from('bot:open sesame').toString('base64')}`;
    upstreams.push(
      await startFalseRegistry(closed, (request, response) => {
        if (request.headers.authorization !== expected)
          return response.writeHead(401, { 'www-authenticate': 'Basic realm="closed"' }).end('{}');
        return fetch(`http://${at(good)}${request.url}`, { headers: { accept: request.headers.accept ?? '*/*' } }).then(
          async (answer) =>
            response
              .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
              .end(Buffer.from(await answer.arrayBuffer())),
        );
      }),
    );
    const name = `${at(closed)}/acme/attested`;
    await setPolicy([everywhere]);
    expect((await settled(`${name}:v1`)).message).toMatch(/asks for a user name and password.*pratique trust login/);
    const path = `/api/v1/accounts/customer/registry-credentials/${encodeURIComponent(at(closed))}`;
    const set = await server().api('PUT', path, { user: 'bot', password: 'open sesame' });
    expect(set.json).toMatchObject([{ host: at(closed), user: 'bot' }]);
    expect(set.text).not.toContain('sesame');
    const stored = await (await server().database()).query('select sealed::text from registry_credential');
    expect(JSON.stringify(stored.rows)).not.toContain('sesame');
    await eventually('the image is trusted', async () =>
      /not pinned/.test((await validate(pod(`${name}:v1`))).message) ? true : null,
    );
    expect((await server().api('DELETE', path)).status).toBe(204);
  });

  test('all of it is done from the command line', async () => {
    await writeFile(
      join(home, 'trust.yaml'),
      'version: 1\nkeys: { ours: { file: ours.pub } }\nrules:\n  - { name: cli, images: ["127.0.0.1:*/**"], authorities: { anyOf: [{ key: ours }] } }\n',
    );
    expect(await cli('trust', 'set', 'customer', 'trust.yaml')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/is in force: 1 rules/) as string,
    });
    const shown = await cli('trust', 'show', 'customer');
    expect(shown.out).toContain('name: cli');
    expect(shown.out).toContain('BEGIN PUBLIC KEY');
    expect((await cli('trust', 'history', 'customer')).out).toMatch(/VERSION +BY/);
    const good1 = `${at(good)}/acme/attested:v1`;
    expect(await cli('trust', 'test', 'customer', good1)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/is trusted\n\+ rule cli/) as string,
    });
    expect(await cli('trust', 'test', 'customer', `${at(good)}/acme/other:v1`)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/is refused\n {2}the rule cli asks for a signature/) as string,
    });
    expect(await cli('trust', 'test', 'customer', `${at(unlisted)}/x:1`)).toMatchObject({ code: 3 });
    expect(await cli('verify', good1, '--account', 'customer')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/is trusted/) as string,
    });
    expect(await cli('verify', good1)).toMatchObject({
      code: 2,
      notes: expect.stringMatching(/name one with --account/) as string,
    });
    expect((await cli('trust', 'list-foreign', 'customer')).out).toMatch(/acme\/other:v1 +refused/);
    expect(await cli('trust', 'login', 'customer', 'ghcr.io', '--user', 'bot')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/ghcr\.io +bot/) as string,
    });
    expect(await cli('trust', 'logout', 'customer', 'ghcr.io')).toMatchObject({ code: 0 });
    expect((await cli('trust', 'logout', 'customer', 'ghcr.io')).notes).toMatch(
      /there are no credentials for ghcr\.io/,
    );
  });

  test('a mirror is asked instead, and the pod keeps the image’s own name', async () => {
    const rule = { ...everywhere, name: 'mirrored', images: ['registry.acme.example/**'] };
    await setPolicy([rule, everywhere], { mirrors: [{ prefix: 'registry.acme.example', mirror: `${at(good)}/acme` }] });
    expect(await pinned('registry.acme.example/attested:v1')).toBe(
      `registry.acme.example/attested@${images.attested.digest}`,
    );
  });
});

describe('a registry that', () => {
  beforeAll(async () => {
    upstreams.push(
      await startFalseRegistry(hanging, () => {}),
      await startFalseRegistry(lying, (_, response) => {
        response.writeHead(200, { 'content-type': images.trusted.mediaType }).end(images.other.manifest);
      }),
      await startFalseRegistry(endless, (request, response) => {
        if (!request.url?.includes('/referrers/'))
          return response.writeHead(200, { 'content-type': images.trusted.mediaType }).end(images.trusted.manifest);
        const page = Number(new URL(request.url, 'http://x').searchParams.get('page') ?? 0) + 1;
        return response
          .writeHead(200, {
            'content-type': 'application/vnd.oci.image.index.v1+json',
            link: `<${request.url.split('?')[0]}?page=${page}>; rel="next"`,
          })
          .end(JSON.stringify({ schemaVersion: 2, manifests: [] }));
      }),
    );
    await setPolicy([everywhere]);
  });

  test('hangs keeps admission from nothing: the image is being examined, then told to be out of reach', async () => {
    const name = `${at(hanging)}/acme/app:v1`;
    // The registry answers nothing at all, so this answer did not wait for it.
    expect((await validate(pod(name))).message).toMatch(/being examined; try again in a moment/);
    expect((await settled(name)).message).toMatch(/could not be examined: .*no answer within/);
  });

  test('lies about a digest is refused', async () => {
    const answer = await settled(`${at(lying)}/acme/app@${images.trusted.digest}`);
    expect(answer.message).toMatch(/refused by the trust policy.*whose digest is/);
  });

  test('lists signatures in endless pages is given up', async () => {
    expect((await settled(`${at(endless)}/acme/app:v1`)).message).toMatch(
      /could not be examined: .*(pages without end|cannot be reached|cut off)/,
    );
  });

  test('is within our own network is not asked unless it is listed', async () => {
    const answer = await settled(`${at(unlisted)}/acme/app:v1`);
    expect(answer.message).toMatch(/internal address.*PRATIQUE_ALLOW_INTERNAL_TARGETS/);
  });
});
