/** Finds names of advisories in what people and rules write. */

/** Names of advisories in a sentence: `CVE-2026-1234`, `GHSA-...`, `DSA-5417-1`. */
const NAMES =
  /\b(?:CVE-\d{4}-\d{4,10}|GHSA(?:-[0-9a-z]{4}){3}|D[SL]A-\d{1,5}-\d{1,3}|USN-\d{1,5}-\d{1,3}|RUSTSEC-\d{4}-\d{4}|PYSEC-\d{4}-\d{1,6}|GO-\d{4}-\d{4,6})\b/g;

/** Cuts a sentence where it names an advisory. */
export function partsOf(sentence: string): { text: string; isName: boolean }[] {
  const parts: { text: string; isName: boolean }[] = [];
  let from = 0;
  for (const found of sentence.matchAll(NAMES)) {
    if (found.index > from) parts.push({ text: sentence.slice(from, found.index), isName: false });
    parts.push({ text: found[0], isName: true });
    from = found.index + found[0].length;
  }
  if (from < sentence.length) parts.push({ text: sentence.slice(from), isName: false });
  return parts;
}

/** The name that the whole text is, as its publisher writes it; null where it is none. */
export function nameOfAdvisory(text: string): string | null {
  const upper = text.trim().toUpperCase();
  // The rest of GitHub's names is in small letters.
  const name = upper.startsWith('GHSA-') ? `GHSA-${upper.slice(5).toLowerCase()}` : upper;
  const [part, ...more] = partsOf(name);
  return part?.isName && more.length === 0 ? name : null;
}
