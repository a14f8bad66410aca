/**
 * Documents inside an image that list what is in it: those that Bitnami, Wolfi and Chainguard ship, and any other that
 * lies there. They are somebody's word, so what they name counts where no cataloger found it itself.
 */
import type { Package } from '@pratique/contract';
import { isVisible } from '../../printable.ts';
import { packageFromPurl } from '../../sbom/package-from-purl.ts';
import { readSbomDocument } from '../../sbom/read-document.ts';
import type { CatalogContext, Cataloged, CatalogedFile, Cataloger } from '../cataloger.ts';
import { spdxLicence } from '../licence.ts';
import { asList, asObject, asText, readJson } from '../text.ts';
import { isTagValue, parseTagValue } from './tag-value.ts';

const DOCUMENT =
  /\.(?:spdx|cdx|cyclonedx|sbom)\.json$|\.(?:spdx|cdx|cdx\.xml|spdx\.rdf)$|(?:^|\/)s?bom\.(?:json|xml)$|^usr\/share\/sbom\/.*\.json$|^var\/lib\/db\/sbom\/.*\.json$/;
const MAX_DOCUMENT = 64 * 1024 * 1024;
/** Of all documents of one image. */
const MAX_PACKAGES = 200_000;
/** What these name is where something came from, not something that is there. */
const NOT_INSTALLED: ReadonlySet<string> = new Set(['oci', 'docker', 'github', 'gitlab', 'bitbucket', 'generic']);

type Condensed = { items: { purl: string; licenses: string[] }[]; problems: string[] };

export const sbom: Cataloger = {
  name: 'sbom',
  places: [],
  onlyUnowned: true,
  secondhand: true,
  wants: (path) => DOCUMENT.test(path),
  maxBytes: () => MAX_DOCUMENT,
  condense: (_path, content) => Buffer.from(JSON.stringify(condense(content))),
  catalog(files, context) {
    const result: Cataloged = { packages: [], missing: [], owned: [] };
    for (const file of files) {
      const { items, problems } = asObject(readJson(file.content));
      for (const problem of asList(problems))
        result.missing.push({ kind: 'unreadable', what: 'sbom', path: file.path, detail: String(problem) });
      for (const item of asList(items)) {
        const each = toPackage(asText(asObject(item)['purl']) ?? '', asList(asObject(item)['licenses']), file, context);
        if (!each) continue;
        if (result.packages.length < MAX_PACKAGES) result.packages.push(each);
        else {
          const detail = `packages beyond ${MAX_PACKAGES} were left out, from this file on`;
          result.missing.push({ kind: 'limit', what: 'sbom', path: file.path, detail });
          return result;
        }
      }
    }
    return result;
  },
};

/** Throws nothing. A file that only has such a name, and is no document of the kind, is passed over. */
function condense(content: Buffer): Condensed {
  const found: Condensed = { items: [], problems: [] };
  const start = content.toString('utf8', 0, 512).trimStart();
  if (start.startsWith('<')) {
    if (/<(?:\w+:)?(?:bom|RDF)\b/.test(start)) found.problems.push('documents in XML are not read');
    return found;
  }
  let items: ReturnType<typeof parseTagValue> = [];
  const tags = isTagValue(content);
  if (tags || content.includes('"bomFormat"') || content.includes('"spdxVersion"'))
    try {
      items = tags ? parseTagValue(content) : readSbomDocument(content).items;
    } catch (error) {
      found.problems.push(error instanceof Error ? error.message.slice(0, 300) : 'unknown error');
    }
  let without = 0;
  for (const { purl, licenses } of items) {
    if (purl === null) without += 1;
    else if (!NOT_INSTALLED.has(/^pkg:([a-z]+)\//.exec(purl)?.[1] ?? '')) {
      if (packageFromPurl(purl)) found.items.push({ purl, licenses });
      else found.problems.push(`the purl ${JSON.stringify(purl.slice(0, 200))} cannot be read`);
    }
  }
  if (without > 0)
    found.problems.push(`${without} of its ${items.length} packages have no purl that says what they are`);
  if (found.problems.length > 10)
    found.problems.splice(10, Infinity, `and ${found.problems.length - 10} more problems`);
  return found;
}

function toPackage(
  purl: string,
  licenses: readonly unknown[],
  file: CatalogedFile,
  context: CatalogContext,
): Package | null {
  const read = packageFromPurl(purl)?.package;
  if (!read || !isVisible(read.name) || !isVisible(read.version)) return null;
  // Bitnami counts its own builds behind the version of what it packages.
  const version = /^pkg:bitnami\//.test(purl) ? read.version.replace(/-[0-9]+$/, '') : read.version;
  return {
    ...read,
    version,
    sourceVersion: read.sourceVersion === read.version ? version : read.sourceVersion,
    licenses: licenses.filter((each): each is string => typeof each === 'string').map(spdxLicence),
    layer: context.layerOf(file.node),
    paths: [file.path],
  };
}
