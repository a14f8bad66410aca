/** Which parts of a sentence are names of advisories. */
import { expect, test } from 'vitest';
import { nameOfAdvisory, partsOf } from './names-in.ts';

const namesIn = (text: string): string[] => partsOf(text).flatMap((part) => (part.isName ? part.text : []));

test.each<[string, string[]]>([
  ['openssl 3.0.9-1 has CVE-2024-5535 (critical), fixed in 3.0.14-1.', ['CVE-2024-5535']],
  ['CVE-2024-1234, GHSA-jf85-cpcp-j695 and DSA-5417-1', ['CVE-2024-1234', 'GHSA-jf85-cpcp-j695', 'DSA-5417-1']],
  ['RUSTSEC-2024-0001；PYSEC-2023-62。', ['RUSTSEC-2024-0001', 'PYSEC-2023-62']],
  ['XCVE-2024-1234 and CVE-24-1 are none', []],
  ['', []],
])('%s', (text, names) => expect(namesIn(text)).toEqual(names));

test('nothing of the sentence is lost', () => {
  const text = 'a CVE-2024-1234 b CVE-2024-12345';
  expect(
    partsOf(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(text);
});

test('a long sentence without an end is read once', () => {
  const text = `${'CVE-2024-'.repeat(20_000)}1234`;
  expect(namesIn(text)).toEqual(['CVE-2024-1234']);
});

test.each([
  [' cve-2024-5535 ', 'CVE-2024-5535'],
  ['ghsa-JF85-cpcp-j695', 'GHSA-jf85-cpcp-j695'],
  ['cve-2024', null],
  ['cve-2024-5535 openssl', null],
  ['', null],
])('typed %j is %s', (text, name) => expect(nameOfAdvisory(text)).toBe(name));
