/** What the server refuses, in sentences and exit codes; against a small server that answers as told. */

import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHome, type TestHome } from './testing.ts';

type Seen = { method: string; url: string; authorization: string | undefined; body: string };
let home: TestHome;
let server: Server;
let url: string;
let seen: Seen[];
let answer: (request: Seen) => { status: number; body: unknown };

beforeEach(async () => {
  home = await createHome();
  seen = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        authorization: request.headers.authorization,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      seen.push(one);
      const { status, body } = answer(one);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  await home.remove();
});

const refusal = (code: string, message: string) => ({ error: { code, message, details: {}, requestId: 'r' } });
const run = (argv: string[], more: { input?: string; env?: Record<string, string> } = {}) =>
  home.run(argv, { ...more, env: { PRATIQUE_URL: url, PRATIQUE_TOKEN: 'secret', ...more.env } });

describe('refusals', () => {
  test.each<[string, number, unknown, number, string]>([
    ['no session any more', 401, refusal('unauthenticated', 'x'), 3, 'sign in again: pratique login'],
    ['what the request says', 400, refusal('invalid', 'role is one of a, b'), 2, 'role is one of a, b'],
    ['a right that is lacking', 403, refusal('forbidden', 'you may not'), 3, 'you may not'],
    ['what is not there', 404, refusal('not-found', 'no such account'), 3, 'no such account'],
    ['a conflict', 409, refusal('conflict', 'the name is taken'), 3, 'the name is taken'],
    ['a fault', 500, refusal('internal', 'something broke'), 3, 'something broke'],
    ['a proxy’s own words', 502, '<html>Bad Gateway</html>', 3, 'answered 502'],
    ['an answer of another program', 200, { hello: 1 }, 3, 'is it Pratique'],
    ['no JSON', 200, '<html>', 3, 'is it Pratique'],
    ['nothing', 200, '', 3, 'is it Pratique'],
  ])('%s', async (_, status, body, code, message) => {
    answer = () => ({ status, body });
    const ran = await run(['robot', 'list', 'vendor']);
    expect({ code: ran.code, out: ran.out }).toEqual({ code, out: '' });
    expect(ran.notes).toContain(message);
  });

  test('a server that is not there is a fault that says what to do', async () => {
    const ran = await run(['whoami'], { env: { PRATIQUE_URL: 'http://127.0.0.1:1' } });
    expect(ran.code).toBe(3);
    expect(ran.notes).toMatch(/cannot be reached: .*npm start.*PRATIQUE_URL/);
  });

  test('an image that is not there is a fault, told without its secrets', async () => {
    answer = () => ({ status: 404, body: refusal('not-found', 'x') });
    const ran = await run(['status', 'vendor/app:1', '--json']);
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(ran.notes).toContain('no image vendor/app:1');
    expect(ran.notes).not.toContain('secret');
  });
});

const ME = { id: '1', name: 'alice', admin: false, accounts: [{ name: 'vendor', role: 'reader' }] };
const SESSION = { token: 'session', expiresAt: '2027-01-01T00:00:00Z', me: ME };

describe('who one is', () => {
  const login = async () => {
    answer = ({ url: path }) => ({ status: 200, body: path.endsWith('/login') ? SESSION : ME });
    return home.run(['login', url, '-u', 'alice', '--password-stdin'], {
      input: 'pass word\n',
      env: { PRATIQUE_URL: '' },
    });
  };

  test('a login is kept where only its owner can read it, and used', async () => {
    expect(await login()).toMatchObject({ code: 0, out: expect.stringContaining('Signed in to') });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ user: 'alice', password: 'pass word', kind: 'cli' });
    const file = join(home.dir, 'config', 'pratique', 'login.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).not.toContain('pass word');
    await home.run(['whoami'], { env: { PRATIQUE_URL: '' } });
    expect(seen.at(-1)).toMatchObject({ url: '/api/v1/me', authorization: 'Bearer session' });
  });

  test.each<[string, Record<string, string>, string | undefined]>([
    ['a token in the environment goes before what is kept', { PRATIQUE_TOKEN: 't' }, 'Bearer t'],
    ['what is kept goes before the administrator’s password', { PRATIQUE_ADMIN_PASSWORD: 'p' }, 'Bearer session'],
  ])('%s', async (_, env, authorization) => {
    await login();
    await home.run(['whoami'], { env: { PRATIQUE_URL: url, ...env } });
    expect(seen.at(-1)?.authorization).toBe(authorization);
  });

  test('a session goes to the server that gave it, to no other', async () => {
    await login();
    const file = join(home.dir, 'config', 'pratique', 'login.json');
    await writeFile(file, JSON.stringify({ url: 'http://other.example', token: 'session', user: 'alice' }));
    await home.run(['whoami'], { env: { PRATIQUE_URL: url } });
    expect(seen.at(-1)?.authorization).toBeUndefined();
  });

  test('the administrator’s password is enough on the server’s machine', async () => {
    answer = () => ({ status: 200, body: ME });
    await home.run(['whoami'], { env: { PRATIQUE_URL: url, PRATIQUE_ADMIN_PASSWORD: 'p' } });
    expect(seen.at(-1)?.authorization).toBe(`Basic ${Buffer.from('admin:p').toString('base64')}`);
  });

  test('a wrong password says so', async () => {
    answer = () => ({ status: 401, body: refusal('unauthenticated', 'x') });
    const ran = await home.run(['login', url, '-u', 'alice', '--password-stdin'], { input: 'x' });
    expect(ran).toMatchObject({ code: 3, notes: 'pratique: the user name or password is wrong\n' });
  });

  test('after logout nothing is sent any more', async () => {
    await login();
    answer = () => ({ status: 204, body: '' });
    expect((await home.run(['logout'], { env: { PRATIQUE_URL: '' } })).code).toBe(0);
    expect(seen.at(-1)).toMatchObject({ url: '/api/v1/logout', authorization: 'Bearer session' });
    await home.run(['whoami'], { env: { PRATIQUE_URL: url } });
    expect(seen.at(-1)?.authorization).toBeUndefined();
  });

  test('a damaged login file is as good as none', async () => {
    answer = () => ({ status: 200, body: ME });
    await mkdir(join(home.dir, 'config', 'pratique'), { recursive: true });
    await writeFile(join(home.dir, 'config', 'pratique', 'login.json'), '{');
    expect((await home.run(['whoami'], { env: { PRATIQUE_URL: url } })).code).toBe(0);
  });
});

const DIGEST = `sha256:${'a'.repeat(64)}`;
const RUN = (state: string) => ({
  id: 'run1',
  repository: 'app',
  digest: DIGEST,
  tag: '1',
  chain: { name: 'default', version: 1 },
  trigger: 'request',
  requestedBy: 'alice',
  state,
  createdAt: '',
  finishedAt: null,
  steps: [],
});
const STATUS = (decision: 'allow' | 'deny') => ({
  account: 'vendor',
  repository: 'app',
  reference: '1',
  tags: [],
  digest: DIGEST,
  mediaType: 'a/b',
  size: 1,
  pushedAt: '',
  pushedBy: 'alice',
  created: null,
  config: null,
  layers: [],
  platforms: [],
  verdict: {
    account: 'vendor',
    repository: 'app',
    digest: DIGEST,
    decision,
    state: 'valid',
    reasons: [],
    inputHash: DIGEST,
    decidedAt: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
  },
  chain: { state: decision === 'deny' ? 'denied' : 'succeeded', run: null },
  inventory: null,
  findings: null,
  fixable: null,
  uncovered: [],
  signatures: [],
  deliveries: [],
  admissions: [],
  runningIn: [],
});

describe('decisions', () => {
  test.each([
    ['succeeded', 0],
    ['denied', 1],
    ['failed', 3],
    ['waiting', 0],
  ])('a run that ends %s exits with %i', async (state, code) => {
    answer = ({ method }) => ({
      status: 200,
      body: method === 'POST' ? { outcome: 'started', run: RUN('queued') } : RUN(state),
    });
    const ran = await run(['chain', 'run', 'vendor/app:1', '--json']);
    expect([ran.code, (JSON.parse(ran.out) as { state: string }).state]).toEqual([code, state]);
  });

  test('a run that is only started succeeds', async () => {
    answer = () => ({ status: 200, body: { outcome: 'started', run: RUN('queued') } });
    expect((await run(['chain', 'run', 'vendor/app:1', '--no-wait'])).code).toBe(0);
    expect(seen).toHaveLength(1);
  });

  test.each(['allow', 'deny'] as const)(
    'the status of an image is an answer, also when the verdict is %s',
    async (decision) => {
      answer = () => ({ status: 200, body: STATUS(decision) });
      const ran = await run(['status', 'vendor/app:1', '--json']);
      expect(ran.code).toBe(0);
      expect(JSON.parse(ran.out)).toMatchObject({ verdict: { decision, state: 'valid' }, chain: {} });
    },
  );

  test.each([
    ['deny', 1],
    ['allow', 3],
  ] as const)('a delivery that is refused, the verdict being %s, exits with %i', async (decision, code) => {
    answer = ({ method }) =>
      method === 'POST'
        ? { status: 409, body: refusal('conflict', 'it cannot be delivered') }
        : { status: 200, body: STATUS(decision) };
    const ran = await run(['deliver', 'vendor/app:1', '--to', 'customer/app']);
    expect(ran).toMatchObject({ code, out: '', notes: 'pratique: it cannot be delivered\n' });
  });

  test('a stored scan is judged here by the threshold, and a partial one is partial', async () => {
    const finding = {
      id: 'CVE-1',
      aliases: [],
      package: { name: 'p', version: '1', type: 'deb', purl: 'pkg:deb/p' },
      severity: 'unknown',
      status: 'affected',
      fixedVersion: null,
      exploited: false,
      title: null,
      evidence: { source: 's', advisory: 'a', comparison: 'c', severitySource: null, snapshot: 'x' },
      priority: { score: 12, factors: [] },
    };
    const scan = (findings: object[], missing: object[]) => ({
      image: { reference: '1', digest: DIGEST, distribution: null },
      packages: [],
      findings,
      missing,
      uncovered: [],
      ...{ secrets: null, malware: null, unexamined: null, baseline: null },
    });
    const missing = { kind: 'unreadable', what: 'rpm', path: 'x', detail: 'y' };
    for (const [body, argv, code] of [
      [scan([finding], []), [], 0],
      [scan([finding], []), ['--fail-on', 'high'], 1], // unknown may be anything: it counts as high
      [scan([finding], []), ['--fail-on', 'critical'], 0],
      [scan([{ ...finding, status: 'not-affected' }], []), ['--fail-on', 'low'], 0],
      [scan([], [missing]), [], 3],
      [scan([finding], [missing]), ['--fail-on', 'high'], 1],
    ] as const) {
      answer = () => ({ status: 200, body });
      const ran = await run(['scan', 'vendor/app:1', '--json', ...argv]);
      expect([argv, ran.code]).toEqual([argv, code]);
      expect(JSON.parse(ran.out)).toEqual(body);
    }
  });
});
