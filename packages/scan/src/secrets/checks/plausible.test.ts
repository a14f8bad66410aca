import { expect, test } from 'vitest';
import { isRandom } from './plausible.ts';

const KEY = 'xDiFrLv4S3a+z90TH7cl7//Bhy3viPT5wrIyfnB28DnHEsGjypdeNi4QNTXPl3+';

test.each<[string, string, boolean]>([
  ['a long key in which four letters of a number make a word by chance', `${KEY}FAkEA14nVmDUkppNDvDGr`, true],
  ['a long text with the word as people write it', `${KEY}fakeA14nVmDUkppNDvDGr`, false],
  ['a long text that says so loudly', `${KEY}EXAMPLE14nVmDUkppNDvDGr`, false],
  ['a long text with a capital letter', `${KEY}Sample14nVmDUkppNDvDGr`, false],
  ['a short token with the word in any case', 'gKq81FaKeZr02LmPwTb5Xc', false],
  ['a short token', 'gKq81FzKeZr02LmPwTb5Xc', true],
  ['one letter again and again', 'aaaaaaaaaaaaaaaaaaaaaaaa', false],
  ['letters in their order', 'abcdefghijklmnopqrstuvwx', false],
])('%s', (_, text, random) => {
  expect(isRandom(text)).toBe(random);
});
