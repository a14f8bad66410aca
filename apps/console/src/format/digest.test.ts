/** Long things are shortened where nobody reads, and others are left alone. */
import { expect, test } from 'vitest';
import { shortDigest, shortMiddle } from './digest.ts';
import { paths } from './paths.ts';
import { imageName, pullName, shellWord } from './reference.ts';

const HEX = '01e991d7c7a4dbd30838fed343b2394a180acdb1de47700786ee24ad405252be';

test.each([
  [`sha256:${HEX}`, 'sha256:01e991d7…5252be'],
  [HEX, '01e991d7…5252be'],
  ['1.4.3', '1.4.3'],
  ['sha256:short', 'sha256:short'],
])('%s is shown as %s', (digest, shown) => expect(shortDigest(digest)).toBe(shown));

test('the middle goes, whole characters stay', () => {
  expect(shortMiddle('abcdefghij', 10)).toBe('abcdefghij');
  expect(shortMiddle('abcdefghijk', 6)).toBe('abc…jk');
  expect(shortMiddle('👩‍🚀'.repeat(9), 5)).not.toMatch(/\p{Surrogate}/u);
});

test('a digest is joined by @, a tag by a colon', () => {
  expect(imageName('vendor', 'shop/app', '1.0')).toBe('vendor/shop/app:1.0');
  expect(pullName('host:8480', 'vendor', 'shop/app', `sha256:${HEX}`)).toBe(`host:8480/vendor/shop/app@sha256:${HEX}`);
});

test.each([
  ['plain-1.0', 'plain-1.0'],
  ['two words', `'two words'`],
  [`it's; rm -rf /`, String.raw`'it'\''s; rm -rf /'`],
  ['$(whoami)', `'$(whoami)'`],
])('%s is quoted for a shell as %s', (word, quoted) => expect(shellWord(word)).toBe(quoted));

test('addresses keep dots out of the last part of the path, which would look like a file', () => {
  for (const address of [
    paths.overview('my.account'),
    paths.image('my.account', 'app.web', '1.0'),
    paths.run('my.account', 'b0e1'),
  ])
    expect(address.split('?')[0]?.split('/').at(-1)).not.toContain('.');
  expect(paths.image('a/b', 'x&y', '1 0')).toBe('/accounts/a%2Fb/image?repository=x%26y&reference=1+0');
});
