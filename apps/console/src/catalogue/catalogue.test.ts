/** Both catalogues say everything, and say it in their own language. */
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { en } from './en/en.ts';
import { zh } from './zh/zh.ts';

type Leaf = { key: string; text: string };

/** Messages with their path; functions are called with placeholders as long as their parameters. */
function leaves(node: unknown, path: string[] = []): Leaf[] {
  const key = path.join('.');
  if (typeof node === 'string') return [{ key, text: node }];
  if (typeof node === 'function')
    return [{ key, text: String(node(...Array.from({ length: node.length }, (_, index) => `‹${index}›`))) }];
  return Object.entries(node as object).flatMap(([name, child]) => leaves(child, [...path, name]));
}

const english = leaves(en);
const chinese = leaves(zh);

describe('catalogues', () => {
  test('have the same keys in both languages', () => {
    expect(chinese.map((leaf) => leaf.key).toSorted()).toEqual(english.map((leaf) => leaf.key).toSorted());
  });

  test('leave no message empty', () => {
    expect([...english, ...chinese].filter((leaf) => leaf.text.trim() === '')).toEqual([]);
  });

  test('use every value they are given, in both languages', () => {
    const placeholders = (text: string) => [...new Set(text.match(/‹\d›/g))].toSorted();
    const chineseByKey = new Map(chinese.map((leaf) => [leaf.key, leaf.text]));
    for (const leaf of english)
      expect(placeholders(chineseByKey.get(leaf.key) ?? ''), leaf.key).toEqual(placeholders(leaf.text));
  });

  test('are translated: Chinese messages hold Chinese, apart from names and figures', () => {
    const untranslated = chinese.filter((leaf) => !/\p{Script=Han}/u.test(leaf.text)).map((leaf) => leaf.key);
    expect(untranslated.filter((key) => !['shell.otherLanguage', ...NAMES].includes(key))).toEqual([]);
  });
});

test('no message is kept that no page shows', async () => {
  const root = new URL('..', import.meta.url);
  const files = (await readdir(root, { recursive: true })).filter(
    (file) => /\.tsx?$/.test(file) && !file.startsWith('catalogue') && !file.includes('.test.'),
  );
  const source = (await Promise.all(files.map((file) => readFile(new URL(file, root), 'utf8')))).join('\n');
  const names = Object.values(en).flatMap((part) => Object.keys(part));
  expect(names.filter((name) => !source.includes(`.${name}`) && !source.includes(`'${name}'`))).toEqual([]);
});

/** Messages that are names of formats or fields, or only join what they are given. */
const NAMES = [
  'overview.state',
  'image.requestedBy',
  'image.cmd',
  'image.entrypoint',
  'image.spdx',
  'image.cyclonedx',
  'advisory.sentences',
  'holders.moreTags',
  'updates.from',
  'updates.says',
  'compare.says',
];
