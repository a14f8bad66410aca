/** What is sent to a registry that stands on the network: sieges, forged tokens, tricks with names, probing, broken machines. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { deriveKey } from '../../apps/server/src/signer/master-key.ts';
import { sha256 } from '../../packages/oci/src/layers/tar-fixture.ts';
import { addRobot, eventually } from '../support/chain.ts';
import { bookworm, HARMLESS, makeImage, pushBlob, pushImage, registry } from '../support/image.ts';
import { authorization, type Credentials, startServer } from '../support/server.ts';
import { useServer } from '../support/use-server.ts';

const MASTER = randomBytes(32);
const server = useServer({ env: { PRATIQUE_MASTER_KEY: MASTER.toString('hex') } });
const image = makeImage(bookworm([HARMLESS]), { note: 'siege' });
const blob = image.blobs[0]?.digest ?? '';
let robot = '';
let stranger = '';

beforeAll(async () => {
  await pushImage(server(), 'vendor/siege', 'v1', image);
  robot = (await addRobot(server(), 'vendor', { name: 'besieger', role: 'developer' })).token;
  stranger = (await addRobot(server(), 'customer', { name: 'stranger', role: 'developer' })).token;
});

const port = () => Number(new URL(server().url).port);
const ordinary = async () => {
  const bytes = randomBytes(200_000);
  const digest = await pushBlob(server(), 'vendor/ordinary', bytes);
  const read = await registry(server(), 'GET', `vendor/ordinary/blobs/${digest}`);
  expect(sha256(Buffer.from(await read.arrayBuffer()))).toBe(digest);
  expect((await registry(server(), 'GET', 'vendor/siege/manifests/v1')).status).toBe(200);
};

describe('a siege', () => {
  test('of five thousand uploads that are opened and left costs nothing that others need', async () => {
    const locations: string[] = [];
    const open = async () => {
      for (let n = 0; n < 100; n++) {
        const answer = await registry(server(), 'POST', 'vendor/half-open/blobs/uploads/', { credentials: robot });
        expect(answer.status).toBe(202);
        locations.push(answer.headers.get('location') ?? '');
      }
    };
    await Promise.all(Array.from({ length: 50 }, open));
    await ordinary();
    expect(new Set(locations).size).toBe(5000);
    expect(await readdir(join(server().dataDir, 'blobs', 'uploads'))).toEqual([]);
  });

  test('of bodies that never come: one caller is stopped with 429, others go on', async () => {
    const location = (
      await registry(server(), 'POST', 'vendor/slow/blobs/uploads/', { credentials: robot })
    ).headers.get('location');
    const calls: ClientRequest[] = [];
    const statuses: number[] = [];
    for (let n = 0; n < 400; n++) {
      const call = httpRequest(new URL(`${location}?digest=sha256:${'0'.repeat(64)}`, server().url), {
        method: 'PUT',
        headers: { ...authorization(robot), 'content-length': 1000 },
      });
      call.on('error', () => {});
      call.on('response', (answer) => {
        answer.resume();
        statuses.push(answer.statusCode ?? 0);
      });
      call.write('a'); // and nothing more
      calls.push(call);
    }
    try {
      await eventually('the refusals', async () => (statuses.length >= 150 ? true : null));
      expect(new Set(statuses)).toEqual(new Set([429]));
      expect(statuses.length).toBe(150);
      await ordinary();
    } finally {
      for (const call of calls) call.destroy();
    }
    // Those who went away are not counted any more.
    await eventually('room again', async () => {
      const answer = await registry(server(), 'POST', `vendor/slow/blobs/uploads/?digest=${sha256(Buffer.from('x'))}`, {
        credentials: robot,
        body: Buffer.from('x'),
      });
      return answer.status === 201 ? true : null;
    });
  });

  test('of headers that never end', async () => {
    const sockets: Socket[] = [];
    for (let n = 0; n < 600; n++) {
      const socket = connect(port(), '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      socket.write('GET /v2/vendor/siege/manifests/v1 HTTP/1.1\r\nHost: x\r\nX-Slow: ');
      sockets.push(socket);
    }
    try {
      await ordinary();
      const last = sockets.at(-1);
      if (last) await once(last, 'close', { signal: AbortSignal.timeout(45_000) });
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});

describe('a registry token', () => {
  const claims = { access: [{ name: 'vendor/siege', actions: ['pull'] }] };
  const key = () => deriveKey(MASTER, 'registry-token');
  const bearer = async () => {
    const answer = await fetch(`${server().url}/v2/token?scope=repository:vendor/siege:pull`, {
      headers: authorization({ user: 'robot', password: robot }),
    });
    const { token } = (await answer.json()) as { token: string };
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      sub: string;
      iss: string;
      aud: string;
    };
  };
  const make = async (change: { key?: Uint8Array; aud?: string; iss?: string; age?: number; alg?: string }) => {
    const { sub, iss, aud } = await bearer();
    const issued = Math.floor(Date.now() / 1000) - (change.age ?? 0);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: change.alg ?? 'HS256', typ: 'JWT' })
      .setSubject(sub)
      .setIssuer(change.iss ?? iss)
      .setAudience(change.aud ?? aud)
      .setIssuedAt(issued)
      .setExpirationTime(issued + 300)
      .sign(change.key ?? key());
  };
  const none = async (header: object) => {
    const payload = { ...(await bearer()), ...claims, exp: Math.floor(Date.now() / 1000) + 300 };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part(header)}.${part(payload)}.`;
  };

  test.each<[string, () => Promise<string>, number]>([
    ['as it should be is taken', () => make({}), 200],
    ['signed with another key', () => make({ key: randomBytes(32) }), 401],
    ['signed with a key for another purpose', () => make({ key: deriveKey(MASTER, 'upload-session') }), 401],
    ['for another service', () => make({ aud: 'another-registry' }), 401],
    ['of another issuer', () => make({ iss: 'https://elsewhere.example' }), 401],
    ['that has ended', () => make({ age: 600 }), 401],
    ['with another algorithm', () => make({ alg: 'HS512', key: randomBytes(64) }), 401],
    ['without a signature', () => none({ alg: 'none', typ: 'JWT' }), 401],
    ['without a signature, in capitals', () => none({ alg: 'NONE', typ: 'JWT' }), 401],
    ['without a signature that says it has one', () => none({ alg: 'HS256', typ: 'JWT' }), 401],
    ['that brings its own key', () => none({ alg: 'HS256', jwk: { kty: 'oct', k: '' } }), 401],
  ])('%s', async (_, token, status) => {
    const answer = await registry(server(), 'GET', 'vendor/siege/manifests/v1', { credentials: await token() });
    expect(answer.status).toBe(status);
  });
});

/** As it is, without the tidying that fetch does. */
function raw(method: string, path: string, credentials: Credentials): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      { host: '127.0.0.1', port: port(), method, path, headers: authorization(credentials) },
      (answer) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      },
    );
    call.on('error', reject);
    call.end();
  });
}

test.each([
  '/v2/vendor/../customer/app/manifests/v1',
  '/v2/vendor/%2e%2e/siege/manifests/v1',
  '/v2/vendor%2fsiege/manifests/v1',
  '/v2/vendor/siege/manifests/..%2f..%2fetc%2fpasswd',
  '/v2/vendor/siege/manifests/%00',
  '/v2/vendor//siege/manifests/v1',
  '/v2/vendor/./siege/manifests/v1',
  '/v2/vendor/siege\\..\\x/manifests/v1',
  '/v2/VENDOR/siege/manifests/v1',
  '/v2/vendor/siege/blobs/sha256:../../../../etc/passwd',
  `/v2/vendor/siege/blobs/sha256:${'A'.repeat(64)}`,
  `/v2/vendor/siege/blobs/sha512:${'a'.repeat(128)}`,
  '/v2/vendor/siege/blobs/uploads/../../../master.key',
  `/v2/vendor/siege/blobs/uploads/${'a'.repeat(8)}-aaaa-aaaa-aaaa-${'a'.repeat(12)}.00000000.../../../etc/passwdx`,
  `/v2/${'a/'.repeat(4000)}manifests/v1`,
  '/v2/__proto__/constructor/manifests/v1',
])('the path %s leads nowhere', async (path) => {
  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
    const { status } = await raw(method, path, server().token());
    expect([400, 403, 404, 405]).toContain(status);
  }
});

describe('whoever has no right to a repository', () => {
  const other = () => randomBytes(32).toString('hex');

  test.each<[string, string, string, string]>([
    ['manifests by tag', 'GET', 'vendor/siege/manifests/v1', 'vendor/nothing/manifests/v1'],
    ['manifests by HEAD', 'HEAD', 'vendor/siege/manifests/v1', 'vendor/siege/manifests/v9'],
    [
      'manifests by digest',
      'GET',
      `vendor/siege/manifests/${image.digest}`,
      `vendor/siege/manifests/sha256:${other()}`,
    ],
    ['blobs', 'HEAD', `vendor/siege/blobs/${blob}`, `vendor/siege/blobs/sha256:${other()}`],
    ['tags', 'GET', 'vendor/siege/tags/list', 'vendor/nothing/tags/list'],
    ['counts of tags', 'GET', 'vendor/siege/tags/list?n=0', 'vendor/nothing/tags/list?n=0'],
    ['referrers', 'GET', `vendor/siege/referrers/${image.digest}`, `vendor/nothing/referrers/sha256:${other()}`],
    ['deletions', 'DELETE', `vendor/siege/manifests/${image.digest}`, `vendor/siege/manifests/sha256:${other()}`],
    ['uploads', 'POST', 'vendor/siege/blobs/uploads/', 'vendor/nothing/blobs/uploads/'],
    ['accounts', 'GET', 'vendor/siege/manifests/v1', 'no-such-account/siege/manifests/v1'],
  ])('learns nothing from %s', async (_, method, there, absent) => {
    const shape = async (path: string) => {
      const answer = await registry(server(), method, path, { credentials: stranger });
      const headers = [...answer.headers].filter(([name]) => !['date', 'content-length'].includes(name));
      return { status: answer.status, headers, body: await answer.text() };
    };
    const seen = await shape(there);
    expect(seen).toEqual(await shape(absent));
    expect(seen.status).toBe(403);
  });

  test('mounts nothing from there, and cannot tell what is there', async () => {
    const shape = async (digest: string, from: string) => {
      const answer = await registry(server(), 'POST', `customer/thief/blobs/uploads/?mount=${digest}&from=${from}`, {
        credentials: stranger,
      });
      return [answer.status, answer.headers.get('docker-content-digest')];
    };
    expect(await shape(blob, 'vendor/siege')).toEqual([202, null]);
    expect(await shape(`sha256:${other()}`, 'vendor/siege')).toEqual([202, null]);
    expect(await shape(blob, 'vendor/nothing')).toEqual([202, null]);
    // Naming the bytes by their digest is not having them.
    expect((await registry(server(), 'HEAD', `customer/thief/blobs/${blob}`, { credentials: stranger })).status).toBe(
      404,
    );
  });

  test('cannot see, continue, finish or end an upload of somebody else', async () => {
    const bytes = randomBytes(1000);
    const opened = await registry(server(), 'POST', 'vendor/mine/blobs/uploads/', { credentials: robot });
    const location = opened.headers.get('location') ?? '';
    await registry(server(), 'PATCH', location, { credentials: robot, body: bytes.subarray(0, 500) });
    const token = location.slice(location.lastIndexOf('/') + 1);
    const attempts: [string, string, Credentials][] = [
      ['another caller of the account', location, server().token()],
      ['another repository', `/v2/vendor/siege/blobs/uploads/${token}`, robot],
      ['another id', location.replace(/uploads\/./, (text) => `uploads/${text.endsWith('0') ? '1' : '0'}`), robot],
      ['a repository that is not there', `/v2/vendor/never-made/blobs/uploads/${token}`, robot],
    ];
    for (const [who, path, credentials] of attempts)
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
        const query = method === 'PUT' ? `?digest=${sha256(bytes)}` : '';
        const answer = await registry(server(), method, `${path}${query}`, { credentials });
        expect([who, method, answer.status]).toEqual([who, method, 404]);
      }
    const catalog = await registry(server(), 'GET', '_catalog', { credentials: robot });
    expect(await catalog.text()).not.toContain('never-made');
    const done = await registry(server(), 'PUT', `${location}?digest=${sha256(bytes)}`, {
      credentials: robot,
      body: bytes.subarray(500),
    });
    expect(done.status).toBe(201);
  });
});

test('PostgreSQL stands still: everything is answered in bounded time, and goes on when it does', {
  timeout: 120_000,
}, async () => {
  await ordinary();
  const pids = server()
    .processes()
    .flatMap(({ part, pid }) => (part === 'postgres' ? [pid] : []));
  expect(pids.length).toBeGreaterThan(2);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    await new Promise((resolve) => setTimeout(resolve, 1000)); // what is remembered is trusted that long
    const asked = [
      registry(server(), 'GET', 'vendor/siege/manifests/v1'),
      registry(server(), 'GET', `vendor/siege/blobs/${blob}`),
      registry(server(), 'POST', `vendor/still/blobs/uploads/?digest=${sha256(Buffer.from('x'))}`, {
        body: Buffer.from('x'),
      }),
      registry(server(), 'GET', 'vendor/siege/tags/list'),
      fetch(`${server().url}/api/v1/accounts`, { headers: authorization(server().token()) }),
      fetch(`${server().url}/readyz`),
    ];
    const answers = await Promise.all(asked);
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 503));
    expect((await fetch(`${server().url}/livez`)).status).toBe(200);
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
  await server().ready();
  await ordinary();
});

test('a full disk is told as such, leaves nothing half, and heals when there is room', {
  timeout: 200_000,
}, async (context) => {
  const disk = await mkdtemp(join(tmpdir(), 'pratique-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    await rm(disk, { recursive: true });
    return context.skip('a small file system cannot be mounted here (needs root)');
  }
  const small = await startServer({ env: { PRATIQUE_BLOBS: disk } });
  try {
    const kept = randomBytes(4_000_000);
    const digest = await pushBlob(small, 'vendor/full', kept);
    await writeFile(join(disk, 'somebody-elses'), Buffer.alloc(14_000_000));
    const large = randomBytes(12_000_000);
    const code = async (answer: Response) => [
      answer.status,
      ((await answer.json()) as { errors: { code: string }[] }).errors[0]?.code,
    ];
    const whole = await registry(small, 'POST', `vendor/full/blobs/uploads/?digest=${sha256(large)}`, { body: large });
    expect(await code(whole)).toEqual([507, 'STORAGE_FULL']);
    const location = (await registry(small, 'POST', 'vendor/full/blobs/uploads/')).headers.get('location') ?? '';
    expect((await registry(small, 'PATCH', location, { body: large.subarray(0, 1_000_000) })).status).toBe(202);
    expect(await code(await registry(small, 'PATCH', location, { body: large.subarray(1_000_000) }))).toEqual([
      507,
      'STORAGE_FULL',
    ]);
    // What was there is still read, small things still fit, and the upload stands where it stood.
    expect((await registry(small, 'GET', location)).headers.get('range')).toBe('0-999999');
    const read = await registry(small, 'GET', `vendor/full/blobs/${digest}`);
    expect(sha256(Buffer.from(await read.arrayBuffer()))).toBe(digest);
    await pushBlob(small, 'vendor/full', randomBytes(1000));
    await rm(join(disk, 'somebody-elses'));
    const rest = await registry(small, 'PUT', `${location}?digest=${sha256(large)}`, {
      body: large.subarray(1_000_000),
    });
    expect(rest.status).toBe(201);
  } finally {
    await small.stop();
    execFileSync('umount', ['-l', disk]);
    await rm(disk, { recursive: true, force: true });
  }
});
