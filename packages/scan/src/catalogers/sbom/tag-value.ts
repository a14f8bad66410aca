/** Reads SPDX 2 documents in the form of tags and values. */
import type { SbomItem } from '../../sbom/read-document.ts';

const MAX_ITEMS = 100_000;

/** True for a document of that form: its first tag is the version. */
export function isTagValue(content: Buffer): boolean {
  return /^\uFEFF?(?:\s*#[^\n]*\n|\s)*SPDXVersion:\s*SPDX-2\.[0-9]/.test(content.toString('utf8', 0, 4096));
}

/** The packages, with purl and licence. @throws Error for too many of them. @see SPDX specification 2.3, section 7 and annex C */
export function parseTagValue(content: Buffer): SbomItem[] {
  const items: SbomItem[] = [];
  const byId = new Map<string, SbomItem>();
  const described = new Set<SbomItem | undefined>();
  let item: SbomItem | null = null;
  for (const line of content.toString('utf8').split('\n')) {
    const cut = line.indexOf(':');
    const value = line.slice(cut + 1).trim();
    switch (cut < 0 ? '' : line.slice(0, cut)) {
      case 'PackageName':
        if (items.length === MAX_ITEMS) throw new Error(`it has more than ${MAX_ITEMS} packages`);
        items.push((item = { label: value, purl: null, licenses: [] }));
        break;
      case 'SPDXID':
        if (item) byId.set(value, item);
        break;
      case 'Relationship':
        described.add(byId.get(/^SPDXRef-DOCUMENT\s+DESCRIBES\s+(\S+)$/.exec(value)?.[1] ?? ''));
        break;
      case 'ExternalRef': {
        const purl = /^PACKAGE[-_]MANAGER\s+purl\s+(\S+)$/.exec(value)?.[1];
        if (item && purl) item.purl ??= purl;
        break;
      }
      case 'PackageLicenseDeclared':
      case 'PackageLicenseConcluded':
        if (item && item.licenses.length === 0 && value !== 'NOASSERTION' && value !== 'NONE')
          item.licenses.push(value);
        break;
      case 'FileName':
        item = null; // packages come first; what follows is about files
    }
  }
  // What the document describes is the image or directory itself, not a package in it.
  return items.filter((each) => each.purl !== null || !described.has(each));
}
