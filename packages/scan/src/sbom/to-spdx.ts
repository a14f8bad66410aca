/** Writes an inventory as SPDX 2.3 JSON. */
import { createHash } from 'node:crypto';
import type { Inventory, Package } from '@pratique/contract';
import { spdxExpression } from './licence.ts';
import { type SbomSubject, TOOL } from './subject.ts';

const ROOT = 'SPDXRef-subject';
const DOCUMENT = 'SPDXRef-DOCUMENT';

/**
 * A deterministic document: its namespace is derived from the content. What was not examined is said in the comment.
 *
 * @see SPDX specification 2.3, clauses 6, 7 and 11
 */
export function toSpdx(inventory: Inventory, subject: SbomSubject): Record<string, unknown> {
  const ids = new Set<string>();
  const packages = inventory.packages.map((each) => toPackage(each, ids));
  const content = {
    packages: [rootPackage(subject), ...packages],
    relationships: [
      { spdxElementId: DOCUMENT, relationshipType: 'DESCRIBES', relatedSpdxElement: ROOT },
      ...packages.map((each) => ({
        spdxElementId: ROOT,
        relationshipType: 'CONTAINS',
        relatedSpdxElement: each['SPDXID'],
      })),
    ],
    ...(inventory.missing.length > 0 ? { comment: commentOn(inventory) } : {}),
  };
  const hash = createHash('sha256')
    .update(JSON.stringify([subject, content]))
    .digest('hex');
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: DOCUMENT,
    name: subject.name,
    documentNamespace: `https://pratique.dev/spdx/${hash}`,
    creationInfo: {
      created: `${subject.created.replace(/\.\d+/, '').replace(/\+00:00$/, 'Z')}`,
      creators: [`Tool: ${TOOL}-${subject.toolVersion}`],
    },
    ...content,
  };
}

function rootPackage(subject: SbomSubject): Record<string, unknown> {
  const checksums =
    subject.digest === null
      ? {}
      : {
          versionInfo: subject.digest,
          checksums: [{ algorithm: 'SHA256', checksumValue: subject.digest.slice('sha256:'.length) }],
        };
  return {
    SPDXID: ROOT,
    name: subject.name,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    primaryPackagePurpose: subject.digest === null ? 'SOURCE' : 'CONTAINER',
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    ...checksums,
  };
}

function toPackage(each: Package, ids: Set<string>): Record<string, unknown> {
  const expressions = each.licenses.map(spdxExpression);
  // Several licences without an operator between them: nothing says whether all or any apply.
  const declared = expressions.length === 1 ? (expressions[0] ?? 'NOASSERTION') : 'NOASSERTION';
  return {
    SPDXID: idOf(each, ids),
    name: each.name,
    versionInfo: each.version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    ...(each.paths.length > 0
      ? { sourceInfo: `found in ${each.paths.join(', ')}${each.owner === null ? '' : `, which ${each.owner} owns`}` }
      : {}),
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: declared,
    copyrightText: 'NOASSERTION',
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: each.purl }],
  };
}

/** Letters, digits, dots and dashes (clause 7.2); a number where two packages would have the same. */
function idOf(each: Package, ids: Set<string>): string {
  const base = `SPDXRef-${each.type}-${`${each.name}-${each.version}`.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 150)}`;
  let id = base;
  for (let count = 2; ids.has(id); count += 1) id = `${base}-${count}`;
  ids.add(id);
  return id;
}

function commentOn(inventory: Inventory): string {
  const counts = new Map<string, number>();
  for (const { what } of inventory.missing) counts.set(what, (counts.get(what) ?? 0) + 1);
  return `Incomplete: not examined were ${[...counts].map(([what, count]) => `${what} (${count})`).join(', ')}.`;
}
