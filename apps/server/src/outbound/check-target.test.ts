import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOutboundGuard } from './check-target.ts';
import { isInternalAddress } from './internal-addresses.ts';

describe('an address', () => {
  test.each([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['172.31.255.255', true],
    ['172.32.0.1', false],
    ['169.254.169.254', true],
    ['192.168.0.1', true],
    ['100.64.0.1', true],
    ['0.0.0.0', true],
    ['255.255.255.255', true],
    ['8.8.8.8', false],
    ['::1', true],
    ['::', true],
    ['fe80::1%eth0', true],
    ['fd00::1', true],
    ['::ffff:127.0.0.1', true],
    ['::ffff:7f00:1', true],
    ['0:0:0:0:0:ffff:0a00:0001', true],
    ['::ffff:8.8.8.8', false],
    ['64:ff9b::7f00:1', true],
    ['2002:7f00:1::', true],
    ['2001:db8::1', true],
    ['2606:4700::1111', false],
    ['not an address', true],
  ])('%s is internal: %s', (address, internal) => {
    expect(isInternalAddress(address)).toBe(internal);
  });
});

describe('a target', () => {
  const names: Record<string, string[]> = {
    'public.example': ['93.184.216.34'],
    'rebinding.example': ['93.184.216.34', '127.0.0.1'],
    'inside.example': ['10.0.0.7'],
  };
  const resolve = async (host: string) =>
    (names[host] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const guard = (...allowInternalTargets: string[]) => createOutboundGuard({ allowInternalTargets }, resolve);

  test.each<[string, string, string[], RegExp | null]>([
    ['is asked on the public Internet', 'https://public.example/v2/', [], null],
    ['is refused on loopback', 'http://127.0.0.1:5000/', [], /internal address.*PRATIQUE_ALLOW_INTERNAL_TARGETS/],
    ['is refused as a number that is loopback', 'http://2130706433/', [], /127\.0\.0\.1 is an internal address/],
    ['is refused as octal digits that are loopback', 'http://0177.0.0.1/', [], /internal address/],
    ['is refused for the metadata of clouds', 'http://169.254.169.254/latest', [], /internal address/],
    ['is refused in brackets', 'http://[::ffff:127.0.0.1]/', [], /internal address/],
    ['is refused by a name that leads inside', 'https://inside.example/', [], /at 10\.0\.0\.7, an internal address/],
    ['is refused when one of its addresses is inside', 'https://rebinding.example/', [], /at 127\.0\.0\.1/],
    ['is asked inside when its name is listed', 'https://inside.example/', ['inside.example:443'], null],
    ['is asked inside when its network is listed', 'https://inside.example/', ['10.0.0.0/8'], null],
    [
      'is refused inside on another port than the listed',
      'https://inside.example:6443/',
      ['inside.example:443'],
      /an internal/,
    ],
    ['is refused without an address', 'https://nowhere.example/', [], /cannot be resolved/],
    ['is refused with credentials in its URL', 'https://a:b@public.example/', [], /carries credentials/],
    ['is refused for another scheme', 'file:///etc/passwd', [], /file: is not asked/],
    ['is refused for no URL', 'registry', [], /is no URL/],
  ])('%s', async (_, url, allowed, refusal) => {
    const checked = guard(...allowed).check(url);
    if (refusal === null) expect((await checked).addresses).toHaveLength(1);
    else await expect(checked).rejects.toThrow(refusal);
  });

  test.each(['10.0.0.0/99', 'ftp://x', 'registry', 'a:b'])('%s is no entry of the list', (entry) => {
    expect(() => guard(entry)).toThrow(/PRATIQUE_ALLOW_INTERNAL_TARGETS is invalid/);
  });
});

describe('a request', () => {
  const server = createServer((request, response) => {
    if (request.url === '/redirect') return response.writeHead(302, { location: '/' }).end();
    if (request.url === '/endless') {
      const more = () => response.write(Buffer.alloc(65_536), () => !response.destroyed && setImmediate(more));
      return more();
    }
    if (request.url === '/silent') return undefined;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response
        .writeHead(200, { 'x-host': request.headers.host ?? '', 'set-cookie': ['a=1', 'b=2'] })
        .end(`${request.method} ${Buffer.concat(chunks).toString()}`),
    );
    return undefined;
  });
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((done) => {
      server.listen(0, '127.0.0.1', done);
    });
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  let asked = 0;
  const guard = () =>
    createOutboundGuard({ allowInternalTargets: [`upstream.example:${port}`] }, async () => {
      asked += 1;
      // A rebinding name server: another address every time it is asked.
      return [{ address: asked === 1 ? '127.0.0.1' : '93.184.216.34', family: 4 }];
    });

  test('goes to the address that was checked, though the name means another by then', async () => {
    asked = 0;
    const answer = await guard().fetcher()(`http://upstream.example:${port}/`, { method: 'POST', body: 'ahoy' });
    expect(await answer.text()).toBe('POST ahoy');
    expect(answer.headers.get('x-host')).toBe(`upstream.example:${port}`);
    expect(asked).toBe(1);
  });

  test('hands out a redirect as it is, or refuses it', async () => {
    asked = 0;
    const answer = await guard().fetcher()(`http://upstream.example:${port}/redirect`);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/']);
    asked = 0;
    await expect(guard().fetcher()(`http://upstream.example:${port}/redirect`, { redirect: 'error' })).rejects.toThrow(
      /redirects/,
    );
  });

  test('ends when more bytes come than are wanted', async () => {
    asked = 0;
    const answer = await guard().fetcher({ maxBytes: 1_000_000 })(`http://upstream.example:${port}/endless`);
    await expect(answer.arrayBuffer()).rejects.toThrow(/more than 1000000 bytes/);
  });

  test('ends when nothing comes', async () => {
    asked = 0;
    await expect(guard().fetcher({ idleMs: 50 })(`http://upstream.example:${port}/silent`)).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/sent nothing for 50 ms/) as string },
    });
  });

  test('ends with the signal, its body included', async () => {
    asked = 0;
    const abort = new AbortController();
    const answer = await guard().fetcher({ signal: abort.signal })(`http://upstream.example:${port}/endless`);
    const body = answer.arrayBuffer();
    abort.abort(new Error('time is up'));
    await expect(body).rejects.toThrow();
  });
});
