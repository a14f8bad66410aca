/** Events on their way out: signed, repeated until they arrive, given up in the open, and never into our own networks. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FeedItem, Webhook, WebhookAnswer, WebhookDelivery } from '../../packages/contract/src/index.ts';
import { addPerson, eventually, must } from '../support/chain.ts';
import { freePort } from '../support/free-port.ts';
import { useServer } from '../support/use-server.ts';

type Heard = { headers: IncomingMessage['headers']; body: string; path: string };
const heard: Heard[] = [];
let behave: (request: IncomingMessage, response: ServerResponse) => unknown = (_, response) =>
  response.writeHead(204).end();
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    heard.push({ headers: request.headers, body: Buffer.concat(chunks).toString(), path: request.url ?? '' });
    behave(request, response);
  });
});
const port = await freePort();
const server = useServer({ env: { PRATIQUE_ALLOW_INTERNAL_TARGETS: `127.0.0.1:${port}` } });

beforeAll(async () => {
  await new Promise<void>((done) => {
    receiver.listen(port, '127.0.0.1', done);
  });
});
afterAll(() => {
  receiver.closeAllConnections();
  receiver.close();
});

const address = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks/s3cret-path`;
const api = async (method: string, path: string, body?: unknown) =>
  must(await server().api(method, `/api/v1/accounts/vendor/webhooks${path}`, body));
const create = async (name: string, types: string[], url = address()) =>
  (await api('POST', '', { name, url, types })) as WebhookAnswer;
const log = async (name: string) => (await api('GET', `/${name}/deliveries`)) as WebhookDelivery[];
const find = async (name: string) => ((await api('GET', '')) as Webhook[]).find((one) => one.name === name);

/** Something that happens: an exception is asked for. */
const happen = async (name: string) =>
  must(
    await server().api('POST', '/api/v1/accounts/vendor/exceptions', {
      kind: 'finding',
      name,
      selector: { id: 'CVE-2020-0001' },
      reason: 'something must happen',
    }),
  );

const heardOf = (name: string) => heard.filter((one) => one.body.includes(`"exception/${name}"`));

describe('a webhook', () => {
  test('gets what it wants and nothing else, as a signed CloudEvent', async () => {
    const { key, webhook } = await create('pager', ['exception.*']);
    expect(webhook).toMatchObject({ origin: `http://127.0.0.1:${port}`, enabled: true });
    expect(JSON.stringify(await find('pager'))).not.toContain('s3cret-path');
    await happen('first');
    const [one] = await eventually('the event', async () => (heardOf('first').length > 0 ? heardOf('first') : null));
    const event = JSON.parse(one?.body ?? '') as FeedItem;
    expect(event).toMatchObject({
      specversion: '1.0',
      type: 'dev.pratique.exception.requested',
      subject: 'exception/first',
      source: `${server().url}/accounts/vendor`,
      data: { name: 'first' },
    });
    expect(one?.headers['content-type']).toMatch(/^application\/cloudevents\+json/);
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = one?.headers ?? {};
    const mac = createHmac('sha256', Buffer.from((key ?? '').slice(6), 'base64'));
    expect(signature).toBe(`v1,${mac.update(`${String(id)}.${String(at)}.${one?.body ?? ''}`).digest('base64')}`);
    expect(Math.abs(Number(at) * 1000 - Date.now())).toBeLessThan(60_000);
    expect(heard.every((request) => request.body.includes('dev.pratique.exception.'))).toBe(true);
    await eventually('the record', async () =>
      (await log('pager')).some((delivery) => delivery.state === 'delivered') ? true : null,
    );
  });

  test('that fails is tried again with the same id until it answers, and other webhooks do not wait for it', async () => {
    let fails = 1;
    behave = (_, response) => response.writeHead(fails-- > 0 ? 503 : 200).end();
    await happen('second');
    const twice = await eventually('the second attempt', async () =>
      heardOf('second').length >= 2 ? heardOf('second') : null,
    );
    expect(new Set(twice.map((one) => one.headers['webhook-id'])).size).toBe(1);
    behave = (_, response) => response.writeHead(204).end();
    expect(heardOf('first')).toHaveLength(1);
  });

  test('that hangs delays nobody but itself', async () => {
    await create('hanging', ['exception.*'], `${address()}/hang`);
    const answer = behave;
    behave = (request, response) => (request.url?.endsWith('/hang') ? undefined : answer(request, response));
    for (let n = 0; n < 8; n++) await happen(`behind-${n}`);
    const others = () =>
      heard.filter((one) => !one.path.endsWith('/hang') && one.body.includes('"exception/behind-')).length;
    // Sooner than the first of the hanging ones can have been given up.
    await eventually('the others', async () => (others() === 8 ? true : null), 8);
    must({ ...(await server().api('DELETE', '/api/v1/accounts/vendor/webhooks/hanging')) });
    behave = answer;
  });

  test('that answers with a redirect is not followed', async () => {
    behave = (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end();
    await happen('third');
    const failed = await eventually('the failure', async () =>
      (await log('pager')).find((one) => one.state === 'due' && one.lastStatus === 302),
    );
    expect(failed.lastError).toMatch(/redirect; webhooks follow none/);
    behave = (_, response) => response.writeHead(204).end();
  });

  test('that is given up leaves a dead letter, which can be sent again', async () => {
    const database = await server().database();
    const held: ServerResponse[] = [];
    behave = (_, response) => held.push(response);
    await happen('fourth');
    // Claims that run out while an attempt is under way: several give it up, one of them tells.
    await eventually('three attempts at once', async () => {
      await database.query(
        `update webhook_delivery set attempts = 11, next_at = now() where state = 'due' and event->>'subject' = 'exception/fourth'`,
      );
      return heardOf('fourth').length >= 3 ? true : null;
    });
    behave = (_, response) => response.writeHead(500).end();
    for (const response of held) response.writeHead(500).end();
    await eventually('the end of its patience', async () =>
      (await log('pager')).some((one) => one.state === 'dead') ? true : null,
    );
    expect(await find('pager')).toMatchObject({ dead: 1 });
    const told = must(await server().api('GET', '/api/v1/accounts/vendor/events?limit=500')) as FeedItem[];
    expect(told.filter((item) => item.type === 'dev.pratique.webhook.given-up')).toHaveLength(1);
    behave = (_, response) => response.writeHead(204).end();
    const before = heardOf('fourth').length;
    expect(await api('POST', '/pager/redelivery', {})).toEqual({ due: 1 });
    await eventually('the dead letter', async () => (heardOf('fourth').length > before ? true : null));
  });

  test('that says 410 Gone is asked no more', async () => {
    behave = (request, response) => response.writeHead(request.url?.endsWith('/gone') ? 410 : 204).end();
    await create('gone', ['exception.*'], `${address()}/gone`);
    await happen('fifth');
    const off = await eventually('the end', async () => {
      const found = await find('gone');
      return found?.enabled === false ? found : null;
    });
    expect(off.disabledReason).toBe('the receiver answered 410 Gone');
    behave = (_, response) => response.writeHead(204).end();
  });

  test('can be tried, gets another key, and can be removed', async () => {
    const { key } = await create('tried', ['never.happens']);
    await api('POST', '/tried/test');
    await eventually('the test', async () => (heard.some((one) => one.body.includes('webhook.test')) ? true : null));
    const changed = (await api('PATCH', '/tried', { newKey: true })) as WebhookAnswer;
    expect(changed.key).toMatch(/^whsec_/);
    expect(changed.key).not.toBe(key);
    expect((await server().api('DELETE', '/api/v1/accounts/vendor/webhooks/tried')).status).toBe(204);
    expect(await find('tried')).toBeUndefined();
    const database = await server().database();
    const { rows } = (await database.query(`select sealed::text from webhook`)) as { rows: { sealed: string }[] };
    expect(rows.map((row) => row.sealed).join()).not.toMatch(/whsec_|s3cret-path/);
  });

  test('survives the death of the process that sends it: everything arrives', async () => {
    behave = (_, response) => setTimeout(() => response.writeHead(204).end(), 50);
    for (let n = 0; n < 20; n++) {
      await happen(`storm-${n}`);
      if (n === 10) await server().kill('worker');
    }
    await eventually('all of them', async () =>
      Array.from({ length: 20 }, (_, n) => heardOf(`storm-${n}`).length > 0).every(Boolean) ? true : null,
    );
    behave = (_, response) => response.writeHead(204).end();
  });
});

describe('an address', () => {
  test.each([
    ['on loopback', 'http://127.0.0.1:9/'],
    ['in a private network', 'https://10.0.0.1/'],
    ['of a cloud’s metadata', 'http://169.254.169.254/latest/meta-data/'],
    ['written as a number', 'http://2130706433/'],
    ['with credentials in it', 'https://user:secret@hooks.example/'],
    ['of another scheme', 'file:///etc/passwd'],
  ])('%s is refused', async (_, url) => {
    const answer = await server().api('POST', '/api/v1/accounts/vendor/webhooks', { name: 'bad', url });
    expect([400, 403]).toContain(answer.status);
  });

  test('is for maintainers', async () => {
    const rena = await addPerson(server(), 'rena', { vendor: 'developer' });
    const asked = await server().api('GET', '/api/v1/accounts/vendor/webhooks', undefined, rena);
    expect(asked.status).toBe(403);
  });
});
