/** Rules of users, in threads and without: what they add, and what they turn off. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mergeLayers } from '@pratique/oci/layers/merge-layers';
import { gzipLayer, tar } from '@pratique/oci/layers/tar-fixture';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ContentFacts } from './content-facts.ts';
import { type ContentWanted, inspectBeside, inspectHere } from './inspect-content.ts';
import { NO_OWN_RULES, type OwnRules, ownRevision } from './own-rules.ts';

const GITLEAKS = `
[extend]
useDefault = true
disabledRules = ["github-pat"]
[[rules]]
id = "acme-token"
description = "a token of Acme"
regex = '''acme_[0-9a-f]{32}'''
keywords = ["acme_"]
`;
const ACME = `acme_${createHash('md5').update('a').digest('hex')}`;
const BAD = Buffer.from('something that a list knows');
const salt = Buffer.alloc(32, 1);
const layer = gzipLayer(tar({ path: 'app/env', content: `token = ${ACME}\n` }, { path: 'app/bad', content: BAD }));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-own-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function factsOf(own: OwnRules, beside: boolean): Promise<ContentFacts[]> {
  const wanted: ContentWanted = { secrets: { salt }, malware: true, own };
  const inspector = beside ? inspectBeside(wanted) : inspectHere(wanted);
  try {
    const { facts } = await mergeLayers([layer], { examine: () => null, inspector });
    return facts.map((one) => one.facts as ContentFacts);
  } finally {
    await inspector.close();
  }
}

describe.each([
  ['in threads', true],
  ['where threads may not be', false],
])('rules of users %s', (_, beside) => {
  test('find further kinds of secrets', async () => {
    const own = { ...NO_OWN_RULES, secrets: [{ name: 'gitleaks.toml', form: 'gitleaks' as const, text: GITLEAKS }] };
    const facts = await factsOf(own, beside);
    expect(facts.flatMap((one) => one.secrets.map(({ id }) => id))).toEqual(['acme-token']);
    expect(JSON.stringify(facts)).not.toContain(ACME);
  });

  test('find files of a list by their digest', async () => {
    const path = join(folder, 'bad.txt');
    const digest = createHash('sha256').update(BAD).digest('hex');
    await writeFile(path, `${digest}  known bad\n`);
    const facts = await factsOf({ ...NO_OWN_RULES, hashLists: [{ name: 'bad', path, digest: 'x' }] }, beside);
    expect(facts.flatMap((one) => one.malware)).toMatchObject([{ path: 'app/bad', source: 'bad', sha256: digest }]);
  });

  test('ask a clamd about every content; one that is gone leaves them unexamined', async () => {
    const server = createServer((socket) => {
      let said = Buffer.alloc(0);
      socket.on('data', (piece: Buffer) => {
        said = Buffer.concat([said, piece]);
        if (said.subarray(-4).equals(Buffer.alloc(4)))
          socket.end(said.includes('a list knows') ? 'stream: Acme.Bad FOUND\0' : 'stream: OK\0');
      });
    });
    const path = join(folder, `clamd-${beside}`);
    await new Promise<void>((done) => server.listen(path, done));
    const own = { ...NO_OWN_RULES, clamd: { address: { path }, version: '1' } };
    expect((await factsOf(own, beside)).flatMap((one) => one.malware.map(({ id }) => id))).toEqual(['Acme.Bad']);
    await new Promise<unknown>((done) => server.close(done));
    const without = await factsOf(own, beside);
    expect(without.flatMap((one) => one.unexamined.map(({ path: of, kind }) => `${of} ${kind}`)).sort()).toEqual([
      'app/bad engine',
      'app/env engine',
    ]);
  });
});

test('what is found is remembered under the rules that found it', () => {
  const rules = (text: string): OwnRules => ({ ...NO_OWN_RULES, secrets: [{ name: 'a', form: 'gitleaks', text }] });
  const revisions = [
    NO_OWN_RULES,
    rules('a'),
    rules('b'),
    { ...NO_OWN_RULES, clamd: { address: { path: '/x' }, version: '2' } },
  ];
  expect(new Set(revisions.map(ownRevision)).size).toBe(4);
  expect(ownRevision(NO_OWN_RULES)).toBe('');
});
