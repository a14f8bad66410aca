/** A process that was given another master key or another blob folder than its database knows does not start. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { bookworm, HARMLESS, makeImage, pushImage, registry } from '../support/image.ts';
import { startServer, type TestServer } from '../support/server.ts';

const { url: databaseUrl } = await testDatabase();
const database = new pg.Client({ connectionString: databaseUrl });
const key = () => randomBytes(32).toString('hex');
const image = makeImage(bookworm([HARMLESS]), { note: 'same installation' });
const KEY = key();
let folder = '';
let running: TestServer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-same-'));
  await database.connect();
});
afterEach(stopAll);
afterAll(async () => {
  await database.end();
  await rm(folder, { recursive: true, force: true });
});

async function stopAll(): Promise<void> {
  await Promise.all(running.map((server) => server.stop()));
  running = [];
}

const blobs = (name = 'blobs') => join(folder, name);
const marker = (name?: string) => join(blobs(name), 'pratique-store');

async function start(more: NodeJS.ProcessEnv = {}): Promise<TestServer> {
  const env = { DATABASE_URL: databaseUrl, PRATIQUE_BLOBS: blobs(), PRATIQUE_MASTER_KEY: KEY, ...more };
  const server = await startServer({ env, roles: 'api,signer' });
  running.push(server);
  return server;
}
/** @returns what was said instead of a start */
const refusal = async (more: NodeJS.ProcessEnv): Promise<string> => {
  const error: unknown = await start(more).catch((reason: unknown) => reason);
  if (!(error instanceof Error)) throw new Error('the server started');
  return error.message;
};
const known = async () => {
  const { rows } = await database.query<{ canary: { masterId: string } | null; blob_store: string; marked: boolean }>(
    'select canary, blob_store, blob_store_marked as marked from installation',
  );
  return rows[0];
};
const ANOTHER_KEY = [
  /^the server ended with 1 before it was ready/,
  /PRATIQUE_MASTER_KEY is not the master key of this database: it is [0-9a-f]{16}, and what is stored was encrypted under [0-9a-f]{16}/,
  /PRATIQUE_MASTER_KEY_PREVIOUS/,
];
const said = (text: string, parts: RegExp[]) => {
  for (const part of parts) expect(text).toMatch(part);
  // A sentence, not the inside of the program.
  expect(text).not.toMatch(/^ +at /m);
};

test('two that start first at the same time both do, and agree', async () => {
  const [first] = await Promise.all([start(), start()]);
  expect(await known()).toMatchObject({ marked: true, canary: { version: 1 } });
  expect((await readFile(marker(), 'utf8')).trim()).toBe((await known())?.blob_store);
  if (first) await pushImage(first, 'vendor/app', 'v1', image);
});

describe('another one', () => {
  test('with another master key is refused', async () => {
    said(await refusal({ PRATIQUE_MASTER_KEY: key() }), ANOTHER_KEY);
  });

  test('with another folder is refused, and leaves nothing in it', async () => {
    said(await refusal({ PRATIQUE_BLOBS: blobs('elsewhere') }), [
      /^the server ended with 1/,
      /PRATIQUE_BLOBS: \S+elsewhere is not the blob folder of this database: it has no file pratique-store, which would say [0-9a-f-]{36}/,
      /the same folder, and see that it is mounted/,
    ]);
    expect(await readdir(blobs('elsewhere')).catch(() => [])).toEqual([]);
  });

  test('with the folder of another installation is refused, also on a database that begins', async () => {
    const { url: another } = await testDatabase();
    const text = await refusal({ DATABASE_URL: another });
    said(text, [/^the server ended with 1/, /its file pratique-store says [0-9a-f-]{36}, and the database says/]);
  });

  test('with the same of both starts, and finds what was pushed', async () => {
    const server = await start();
    const answer = await registry(server, 'GET', `vendor/app/blobs/${image.blobs[0]?.digest}`);
    expect(answer.status).toBe(200);
  });
});

describe('an installation from before there was a canary and a marker', () => {
  const forget = async () => {
    await database.query('update installation set canary = null, blob_store_marked = false');
    await rm(marker(), { force: true });
  };

  test('is not taken over by a wrong key', async () => {
    await forget();
    said(await refusal({ PRATIQUE_MASTER_KEY: key() }), ANOTHER_KEY);
    expect((await known())?.canary).toBeNull();
  });

  test('is not taken over by a folder without its blobs', async () => {
    await forget();
    said(await refusal({ PRATIQUE_BLOBS: blobs('empty') }), [
      /it holds none of the last \d+ blobs that the database knows of/,
    ]);
    expect((await known())?.marked).toBe(false);
  });

  test('gets both at its first start', async () => {
    await forget();
    await start();
    expect(await known()).toMatchObject({ marked: true, canary: { version: 1 } });
    expect((await readFile(marker(), 'utf8')).trim()).toBe((await known())?.blob_store);
    await stopAll();
    said(await refusal({ PRATIQUE_MASTER_KEY: key() }), ANOTHER_KEY);
  });

  test('that was stopped between file and database goes on', async () => {
    await forget();
    await writeFile(marker(), `${(await known())?.blob_store}\n`);
    await start();
    expect(await known()).toMatchObject({ marked: true });
  });
});

test('after a change of the master key the old one is refused', async () => {
  const next = key();
  await start({ PRATIQUE_MASTER_KEY: next, PRATIQUE_MASTER_KEY_PREVIOUS: KEY });
  await stopAll();
  said(await refusal({ PRATIQUE_MASTER_KEY: KEY }), ANOTHER_KEY);
  await start({ PRATIQUE_MASTER_KEY: next });
});
