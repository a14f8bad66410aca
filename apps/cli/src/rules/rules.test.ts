/** The rules that scans look by, listed and tried. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRules } from '@pratique/scan/malware/read-rules';
import { eicar } from '@pratique/scan/malware/samples.fixture';
import { KINDS } from '@pratique/scan/secrets';
import { seeded } from '@pratique/scan/secrets/random.fixture';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHome, type TestHome } from '../testing.ts';

let home: TestHome;
beforeAll(async () => {
  home = await createHome();
});
afterAll(() => home.remove());

const list = async (...args: string[]): Promise<{ id: string }[]> =>
  JSON.parse((await home.run(['rules', ...args, '--json'])).out) as { id: string }[];

test('everything that is looked for is listed', async () => {
  expect((await list('secrets', 'list')).map(({ id }) => id)).toEqual(KINDS.map(({ id }) => id));
  const written = readRules().flatMap(({ text }) => [...text.matchAll(/^\s*id = "([^"]+)"$/gm)].map(([, id]) => id));
  expect((await list('malware', 'list')).map(({ id }) => id)).toEqual(written);
  const [all, some] = [await list('baseline', 'list'), await list('baseline', 'list', '--profile', 'minimal')];
  expect(some.length).toBeGreaterThan(0);
  expect(all.length).toBeGreaterThan(some.length);
});

test('a secret on standard input is found, and not shown', async () => {
  const { secret } = KINDS.find(({ id }) => id === 'github-personal-access-token')?.sample(seeded(3)) ?? { secret: '' };
  const found = await home.run(['rules', 'secrets', 'test', '-'], { input: `nothing\ntoken: ${secret}\n` });
  expect(found).toMatchObject({ code: 1, out: expect.stringContaining('standard input:2') });
  expect(found.out).not.toContain(secret);
  expect(await home.run(['rules', 'secrets', 'test', '-'], { input: 'nothing\n' })).toMatchObject({ code: 0 });
});

test('files are examined, and a bundle of rules is tried by its own samples', async () => {
  await writeFile(join(home.dir, 'eicar.com'), eicar());
  await writeFile(join(home.dir, 'letter.txt'), 'Dear reader\n');
  expect(await home.run(['rules', 'malware', 'test', 'eicar.com', 'letter.txt'])).toMatchObject({
    code: 1,
    out: expect.stringContaining('letter.txt: nothing was found'),
  });
  const bundle = join(home.dir, 'bundle');
  await mkdir(bundle);
  const rule = (condition: string) =>
    `rule word { meta: id = "our-word" title = "Our word" family = "ours" severity = "low" confidence = "low" strings: $a = "xyzzy-plugh" condition: ${condition} }`;
  const samples = { positive: [{ file: 'yes', rules: ['our-word'] }], negative: [{ file: 'no' }] };
  await writeFile(
    join(bundle, 'bundle.json'),
    JSON.stringify({ name: 'ours', version: '1.0.0', rules: ['ours.yar'], samples }),
  );
  await writeFile(join(bundle, 'yes'), 'the word is xyzzy-plugh\n');
  await writeFile(join(bundle, 'no'), 'no word here\n');
  await writeFile(join(bundle, 'ours.yar'), rule('$a'));
  expect(await home.run(['rules', 'malware', 'test', 'bundle'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('ours 1.0.0 passed: 1 samples found'),
  });
  await writeFile(join(bundle, 'ours.yar'), rule('true or $a'));
  expect(await home.run(['rules', 'malware', 'test', 'bundle'])).toMatchObject({
    code: 1,
    out: expect.stringContaining('is refused'),
  });
  expect(await home.run(['rules', 'malware', 'test', 'gone'])).toMatchObject({ code: 2 });
});
