/** Who may read the metrics. */
import { describe, expect, test } from 'vitest';
import { openApp } from './app.fixture.ts';

const TOKEN = 'scrape-me-if-you-can';
const open = await openApp();
const guarded = await openApp({ PRATIQUE_METRICS_TOKEN: TOKEN });
const read = (app: typeof open.app, authorization?: string) =>
  app.inject({ method: 'GET', url: '/metrics', headers: authorization === undefined ? {} : { authorization } });

test('without a token in the settings everybody may, whatever they show', async () => {
  for (const authorization of [undefined, 'Bearer anything']) {
    const answer = await read(open.app, authorization);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, expect.stringContaining('text/plain')]);
  }
});

describe('with one', () => {
  test.each([`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `Bearer  ${TOKEN} `])('"%s" may', async (authorization) => {
    expect((await read(guarded.app, authorization)).statusCode).toBe(200);
  });

  test.each([
    undefined,
    '',
    TOKEN,
    'Bearer',
    'Bearer ',
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Basic ${Buffer.from(`prometheus:${TOKEN}`).toString('base64')}`,
  ])('"%s" may not, and is told what is asked', async (authorization) => {
    const answer = await read(guarded.app, authorization);
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="metrics"']);
    expect(answer.body).not.toContain('pratique_');
    expect(answer.body).not.toContain(TOKEN);
  });

  test('a session of the administrator is another thing', async () => {
    expect((await read(guarded.app, `Bearer ${await guarded.openSession()}`)).statusCode).toBe(401);
  });

  test('health itself stays open, as balancers need it', async () => {
    expect((await guarded.app.inject({ method: 'GET', url: '/livez' })).statusCode).toBe(200);
    expect((await guarded.app.inject({ method: 'GET', url: '/readyz' })).statusCode).toBe(503); // no roles run here
  });
});
