/** Who does not belong to an account learns nothing of it: every operation of the API, every verb of the registry. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { deriveKey, readMasterKey } from '../../apps/server/src/signer/master-key.ts';
import { sha256 } from '../../packages/oci/src/layers/tar-fixture.ts';
import { addRobot, eventually, must } from '../support/chain.ts';
import { pushBlob, pushImage, registry } from '../support/image.ts';
import { documentedOperations, OPERATIONS } from '../support/operations.ts';
import { accountId, readTables as tablesOf, asTenantOf as tenantOf } from '../support/row-security.ts';
import type { Credentials } from '../support/server.ts';
import {
  answerTo,
  call,
  keepSecrets,
  leaks,
  learned,
  made,
  madeUpload,
  openImage,
  type Probe,
  probes,
  REPOSITORY,
  type SecretAccount,
  secretImage,
} from '../support/strangers.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer();
let real: SecretAccount['real'];
let upload = '';
let secrets: string[] = [];
let robots: SecretAccount['robots'];
let owner: Credentials;
let member: Credentials;

beforeAll(async () => {
  ({ real, upload, secrets, robots, owner, member } = await keepSecrets(server()));
});

/** Without an account in the path: about the caller, or for administrators. */
const OWN = new Set([
  'POST /api/v1/login',
  'POST /api/v1/logout',
  'GET /api/v1/me',
  'GET /api/v1/accounts',
  'PUT /api/v1/me/password',
  'GET /api/v1/advisories',
  // The authority's certificate, which every TLS handshake shows.
  'GET /api/v1/authority',
]);
const inAccount = Object.keys(OPERATIONS).filter((operation) => operation.includes('{account}'));
/** Signing out would end the walk. */
const walked = Object.keys(OPERATIONS).filter((operation) => operation !== 'POST /api/v1/logout');

test('every operation that the server documents is walked here', async () => {
  expect((await documentedOperations(server())).sort()).toEqual(Object.keys(OPERATIONS).sort());
});

/** Settings of the instance, and which snapshot of the advisories it stands at: nothing of any account. */
const OF_NOBODY: ReadonlySet<string> = new Set(['setting', 'advisory_sweep']);

describe('without credentials that are good', () => {
  test.each([
    ['nobody', () => null],
    ['a revoked robot', () => robots.revoked.token],
    ['an expired robot', () => robots.expired.token],
    ['a made-up session', () => `prq_session_${'x'.repeat(43)}`],
    ['a cluster’s token', () => `prq_cluster_${'x'.repeat(43)}`],
    ['an empty secret', () => ''],
  ] satisfies [string, () => Credentials][])(
    '%s is asked to sign in by every operation, whatever it is about',
    async (_, credentials) => {
      for (const operation of walked) {
        const [about, nothing] = [
          await call(server(), operation, real, credentials()),
          await call(server(), operation, made('no-account'), credentials()),
        ];
        expect([operation, about.status]).toEqual([operation, operation === 'POST /api/v1/login' ? about.status : 401]);
        expect([401, 400]).toContain(about.status);
        expect([operation, learned(about, real)]).toEqual([operation, learned(nothing, made('no-account'))]);
        expect([operation, leaks(secrets, about, real)]).toEqual([operation, []]);
      }
    },
  );
});

describe('a member of another account', () => {
  test.each([
    ['a reader', () => member],
    ['an owner', () => owner],
  ] satisfies [string, () => Credentials][])(
    'who is %s there finds this account as absent as one that does not exist',
    async (_, credentials) => {
      for (const operation of inAccount) {
        const absent = made('no-account');
        const [about, nothing] = [
          await call(server(), operation, real, credentials()),
          await call(server(), operation, absent, credentials()),
        ];
        expect([operation, about.status]).toEqual([operation, 404]);
        expect([operation, learned(about, real)]).toEqual([operation, learned(nothing, absent)]);
        expect([operation, leaks(secrets, about, real)]).toEqual([operation, []]);
      }
    },
  );

  test('gets nothing of it from operations without an account', async () => {
    for (const operation of walked.filter((one) => !inAccount.includes(one))) {
      const seen = await call(server(), operation, real, owner);
      if (!OWN.has(operation)) expect([operation, seen.status]).toEqual([operation, 403]);
      expect([operation, leaks(secrets, seen, real)]).toEqual([operation, []]);
    }
  });

  test('reaches nothing of it by ids through an account of their own', async () => {
    for (const operation of inAccount.filter((one) =>
      /\{(run|contract|delivery|repair|exception|cluster|robot)\}/.test(one),
    )) {
      const [through, absent] = [{ ...real, account: 'rival' }, made('rival')];
      const [about, nothing] = [
        await call(server(), operation, through, owner),
        await call(server(), operation, absent, owner),
      ];
      expect([operation, about.status]).toEqual([operation, 404]);
      expect([operation, learned(about, through)]).toEqual([operation, learned(nothing, absent)]);
    }
  });

  test('is answered on images of their account as if nobody else had any', async () => {
    for (const operation of inAccount.filter((one) => one.includes('/image'))) {
      const [through, absent] = [{ ...real, account: 'rival' }, made('rival')];
      const [about, nothing] = [
        await call(server(), operation, through, owner),
        await call(server(), operation, absent, owner),
      ];
      expect([operation, learned(about, through)]).toEqual([operation, learned(nothing, absent)]);
    }
  });
});

describe('a robot of some repositories', () => {
  test('reads nothing of the others, and cannot tell those that exist', async () => {
    for (const operation of walked.filter((one) => one !== 'POST /api/v1/login')) {
      const absent = { ...made('vendor'), chain: real.chain };
      const [about, nothing] = [
        await call(server(), operation, real, robots.narrow.token),
        await call(server(), operation, absent, robots.narrow.token),
      ];
      expect([operation, leaks(secrets, about, real)]).toEqual([operation, []]);
      if (operation.includes('{account}'))
        expect([operation, learned(about, real)]).toEqual([operation, learned(nothing, absent)]);
    }
  });

  test('sees its own repository and no other in lists', async () => {
    const names = must(
      await server().api('GET', '/api/v1/accounts/vendor/repositories', undefined, robots.narrow.token),
    ) as { name: string }[];
    expect(names.map((one) => one.name)).toEqual(['open/app']);
    const catalog = await registry(server(), 'GET', '/v2/_catalog', { credentials: robots.narrow.token });
    expect(await catalog.json()).toEqual({ repositories: ['vendor/open/app'] });
  });

  test('makes no robot of more than it is', async () => {
    const answer = await server().api(
      'POST',
      '/api/v1/accounts/vendor/robots',
      { name: 'wider', role: 'maintainer' },
      robots.narrow.token,
    );
    expect(answer.status).toBe(403);
  });
});

describe('the registry', () => {
  const existing = () =>
    probes(`vendor/${REPOSITORY}`, 'v1', secretImage.digest, secretImage.blobs[1]?.digest ?? '', upload);
  const random = () => sha256(randomBytes(8));
  const absent = (account: string) => probes(`${account}/secret/nothing`, 'v9', random(), random(), madeUpload());

  const strangers: [string, () => Credentials, number][] = [
    ['nobody', () => null, 401],
    ['a revoked robot', () => robots.revoked.token, 401],
    ['an expired robot', () => robots.expired.token, 401],
    ['an owner of another account', () => owner, 403],
    ['a robot of other repositories', () => robots.narrow.token, 403],
  ];

  test.each(strangers)(
    'answers %s the same, by every verb, whether something is there or not',
    async (_, credentials, status) => {
      const [here, there, nowhere] = [existing(), absent('vendor'), absent('no-account')];
      for (const [index, probe] of here.entries()) {
        const about = await answerTo(server(), probe, credentials());
        expect([probe[0], probe[1], Number(about.slice(0, 3))]).toEqual([probe[0], probe[1], status]);
        expect(about).toBe(await answerTo(server(), there[index] as Probe, credentials()));
        expect(about).toBe(await answerTo(server(), nowhere[index] as Probe, credentials()));
      }
    },
  );

  test('is no oracle for what another account holds: mounts, manifests, referrers, uploads', async () => {
    const blob = secretImage.blobs[1]?.digest ?? '';
    const mount = async (digest: string, from: string) =>
      (
        await registry(server(), 'POST', `rival/own/blobs/uploads/?mount=${digest}&from=${from}`, {
          credentials: owner,
        })
      ).status;
    expect(await mount(blob, `vendor/${REPOSITORY}`)).toBe(202);
    expect(await mount(random(), `vendor/${REPOSITORY}`)).toBe(202);
    expect(await mount(random(), 'no-account/nothing')).toBe(202);
    for (const digest of [blob, random()])
      expect((await registry(server(), 'HEAD', `rival/own/blobs/${digest}`, { credentials: owner })).status).toBe(404);
    // The same bytes under another config: the layer is the vendor's alone.
    const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
    await pushBlob(server(), 'rival/own', config, owner);
    const claim = async (digest: string, size: number) => {
      const manifest = {
        schemaVersion: 2,
        mediaType: secretImage.mediaType,
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(config), size: config.length },
        layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size }],
      };
      const answer = await registry(server(), 'PUT', 'rival/own/manifests/claim', {
        credentials: owner,
        body: Buffer.from(JSON.stringify(manifest)),
        headers: { 'content-type': secretImage.mediaType },
      });
      return `${answer.status} ${(await answer.text()).replaceAll(digest, '<digest>')}`;
    };
    expect(await claim(blob, secretImage.blobs[1]?.bytes.length ?? 0)).toBe(await claim(random(), 1));
    const referrers = await registry(server(), 'GET', `rival/own/referrers/${secretImage.digest}`, {
      credentials: owner,
    });
    expect(await referrers.json()).toMatchObject({ manifests: [] });
    for (const id of [upload, madeUpload()])
      expect((await registry(server(), 'GET', `rival/own/blobs/uploads/${id}`, { credentials: owner })).status).toBe(
        404,
      );
    const catalog = await registry(server(), 'GET', '/v2/_catalog', { credentials: owner });
    expect(await catalog.json()).toEqual({ repositories: ['rival/own'] });
  });

  test('takes no token but its own', async () => {
    const scope = `repository:vendor/${REPOSITORY}:pull`;
    const answer = await registry(server(), 'GET', `/v2/token?service=pratique&scope=${scope}`);
    expect(answer.status).toBe(401); // a session is no password of the token flow without Basic
    const issued = await registry(server(), 'GET', `/v2/token?service=pratique&scope=${scope}`, {
      credentials: { user: 'admin', password: server().token() },
    });
    const { token } = (await issued.json()) as { token: string };
    const pull = (credentials: string) =>
      registry(server(), 'GET', `vendor/${REPOSITORY}/manifests/v1`, { credentials }).then((one) => one.status);
    expect(await pull(token)).toBe(200);

    const key = deriveKey(await readMasterKey({ file: `${server().dataDir}/master.key` }), 'registry-token');
    const [, body = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forge = (header: object, payload: object, secret: Buffer | null) => {
      const signed = `${encode(header)}.${encode(payload)}`;
      return `${signed}.${secret ? createHmac('sha256', secret).update(signed).digest('base64url') : ''}`;
    };
    const hs256 = { alg: 'HS256', typ: 'JWT' };
    expect(await pull(forge(hs256, claims, key))).toBe(200); // the forge itself works, so what follows means something
    const now = Math.floor(Date.now() / 1000);
    const forgeries: [string, string][] = [
      ['algorithm none', forge({ alg: 'none' }, claims, null)],
      ['algorithm none, with a signature', forge({ alg: 'none' }, claims, key)],
      ['another key', forge(hs256, claims, randomBytes(32))],
      ['another audience', forge(hs256, { ...claims, aud: 'another-registry' }, key)],
      ['another issuer', forge(hs256, { ...claims, iss: 'http://elsewhere.example' }, key)],
      ['an end in the past', forge(hs256, { ...claims, iat: now - 900, exp: now - 600 }, key)],
      ['no end', forge(hs256, { ...claims, exp: undefined }, key)],
      ['somebody who does not exist', forge(hs256, { ...claims, sub: `person:${randomUUID()}` }, key)],
      ['a changed scope', `${token.split('.')[0]}.${encode({ ...claims, access: [] })}.${token.split('.')[2]}`],
    ];
    for (const [what, forged] of forgeries) expect([what, await pull(forged)]).toEqual([what, 401]);
  });

  test('stops taking the token of a robot with the robot', async () => {
    const robot = await addRobot(server(), 'vendor', { name: 'short', role: 'reader' });
    const issued = await registry(server(), 'GET', `/v2/token?service=pratique&scope=repository:vendor/open/app:pull`, {
      credentials: { user: robot.user, password: robot.token },
    });
    const { token } = (await issued.json()) as { token: string };
    const pull = async () =>
      (await registry(server(), 'GET', 'vendor/open/app/manifests/v1', { credentials: token })).status;
    expect(await pull()).toBe(200);
    await server().api('DELETE', '/api/v1/accounts/vendor/robots/short');
    expect(await pull()).toBe(401);
  });
});

describe('events', () => {
  test('stop reaching a robot that was revoked while it listened', async () => {
    const robot = await addRobot(server(), 'vendor', { name: 'listener', role: 'reader' });
    const stream = await fetch(`${server().url}/api/v1/accounts/vendor/events/stream`, {
      headers: { authorization: `Bearer ${robot.token}` },
    });
    expect(stream.status).toBe(200);
    let heard = '';
    let over = false;
    void (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of stream.body ?? []) heard += decoder.decode(chunk as Uint8Array);
      over = true;
    })();
    await pushImage(server(), 'vendor/open/heard', 'v1', openImage);
    await eventually('an event', async () => (heard.includes('open/heard') ? true : null));
    await server().api('DELETE', '/api/v1/accounts/vendor/robots/listener');
    await eventually('the end of the stream', async () => (over ? true : null));
    await pushImage(server(), 'vendor/open/unheard', 'v1', openImage);
    expect(heard).not.toContain('open/unheard');
  });
});

describe('row-level security alone, with no code in front of it', () => {
  const readTables = async () => tablesOf(await server().database());
  const asTenantOf = async (accounts: string[], statement: string, values: unknown[] = []) =>
    tenantOf(await server().database(), accounts, statement, values);
  const idOf = async (account: string) => accountId(await server().database(), account);

  test('another account sees no row of this one in any table, and of shared facts only what it holds itself', async () => {
    const [rival, vendor] = [await idOf('rival'), await idOf('vendor')];
    const tables = await readTables();
    expect(tables.length).toBeGreaterThan(30);
    for (const accounts of [[rival], []])
      for (const table of tables) {
        const seen = await asTenantOf(accounts, `select * from ${table.name}`);
        if (/permission denied/.test(seen)) continue;
        expect(seen, table.name).not.toContain(vendor);
        for (const secret of secrets) expect(seen, `${table.name} and ${secret}`).not.toContain(secret);
      }
  });

  test('every table that tenants may read guards its rows, or holds nothing of anybody', async () => {
    const unguarded = (await readTables()).filter((table) => !table.guarded).map((table) => table.name);
    for (const name of unguarded) {
      const seen = await asTenantOf([await idOf('rival')], `select * from ${name}`);
      expect([name, /permission denied/.test(seen) || OF_NOBODY.has(name)]).toEqual([name, true]);
    }
  });

  test('another account changes, ends and plants nothing here', async () => {
    const [rival, vendor] = [await idOf('rival'), await idOf('vendor')];
    for (const table of (await readTables()).filter((one) => one.columns.includes('account_id'))) {
      const changed = await asTenantOf([rival], `update ${table.name} set account_id = $1 where account_id = $1`, [
        vendor,
      ]);
      expect([table.name, /^0 |permission denied/.test(changed)]).toEqual([table.name, true]);
      const ended = await asTenantOf([rival], `delete from ${table.name} where account_id = $1`, [vendor]);
      expect([table.name, /^0 |permission denied/.test(ended)]).toEqual([table.name, true]);
      // One of its own rows, given to the other.
      const given = await asTenantOf([rival], `update ${table.name} set account_id = $1`, [vendor]);
      expect([table.name, /^0 |permission denied|row-level security/.test(given)]).toEqual([table.name, true]);
    }
    const planted = await asTenantOf(
      [rival],
      `insert into exception (account_id, name, kind, selector, owner, reason, expires_at) values ($1, 'planted', 'finding', '{}', 'rita', 'a stranger says so', now())`,
      [vendor],
    );
    expect(planted).toMatch(/row-level security/);
  });
});

test('after all this the account is as it was', async () => {
  const members = must(await server().api('GET', '/api/v1/accounts/vendor/members')) as {
    name: string;
    role: string;
  }[];
  expect(members).toMatchObject([
    { name: 'admin', role: 'owner' },
    { name: 'olga', role: 'developer' },
  ]);
  const list = await registry(server(), 'GET', `vendor/${REPOSITORY}/tags/list`);
  expect(((await list.json()) as { tags: string[] }).tags).toContain('v1');
  for (const what of ['robots', 'exceptions', 'clusters', 'people', 'accounts']) {
    const path = what === 'people' || what === 'accounts' ? `/api/v1/${what}` : `/api/v1/accounts/vendor/${what}`;
    expect((await server().api('GET', path)).text).not.toContain('made-by-a-stranger');
  }
  const uploadStatus = await registry(server(), 'GET', `vendor/${REPOSITORY}/blobs/uploads/${upload}`);
  expect(uploadStatus.status).toBe(204);
});
