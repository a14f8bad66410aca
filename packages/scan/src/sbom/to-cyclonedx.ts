/** Writes an inventory as CycloneDX 1.6 JSON. */
import { createHash } from 'node:crypto';
import type { Inventory, Package } from '@pratique/contract';
import { licenceChoice } from './licence.ts';
import { type SbomSubject, TOOL, VENDOR } from './subject.ts';

/**
 * A deterministic document: the serial number is derived from the content. What was not examined makes the document's
 * composition `incomplete` and is listed in properties.
 *
 * @see cyclonedx.org/docs/1.6/json
 */
export function toCycloneDx(inventory: Inventory, subject: SbomSubject): Record<string, unknown> {
  const distribution = inventory.distribution;
  const system = distribution
    ? [
        {
          type: 'operating-system',
          'bom-ref': `os:${distribution.id}`,
          name: distribution.id,
          ...(distribution.version ? { version: distribution.version } : {}),
          description: distribution.name,
        },
      ]
    : [];
  const refs = new Map<string, number>();
  const body = {
    metadata: {
      timestamp: subject.created,
      tools: { components: [{ type: 'application', group: VENDOR, name: TOOL, version: subject.toolVersion }] },
      component: {
        type: subject.digest === null ? 'application' : 'container',
        'bom-ref': 'subject',
        name: subject.name,
        ...(subject.digest === null
          ? {}
          : { version: subject.digest, hashes: [{ alg: 'SHA-256', content: subject.digest.slice('sha256:'.length) }] }),
      },
      properties: inventory.missing.map((each) => ({
        name: `pratique:missing:${each.kind}:${each.what}`,
        value: `${each.path}: ${each.detail}`,
      })),
    },
    components: [...system, ...inventory.packages.map((each) => toComponent(each, refs))],
    compositions: [{ aggregate: inventory.missing.length === 0 ? 'complete' : 'incomplete', assemblies: ['subject'] }],
  };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: serialOf(body),
    version: 1,
    ...body,
  };
}

function toComponent(each: Package, refs: Map<string, number>): Record<string, unknown> {
  // Package and owner together are unique, the purl alone is not.
  const count = refs.get(each.purl) ?? 0;
  refs.set(each.purl, count + 1);
  const properties = [
    ...(each.owner === null ? [] : [{ name: 'pratique:owner', value: each.owner }]),
    ...(each.layer === null ? [] : [{ name: 'pratique:layer', value: each.layer }]),
  ];
  const licences = each.licenses.map(licenceChoice);
  // A list of licences is either one expression or several licences, never both (schema, licenseChoice).
  const licenses =
    licences.length === 1
      ? licences
      : licences.map((choice) => ('license' in choice ? choice : { license: { name: choice.expression } }));
  return {
    type: 'library',
    'bom-ref': count === 0 ? each.purl : `${each.purl}#${count}`,
    name: each.name,
    version: each.version,
    ...(licenses.length > 0 ? { licenses } : {}),
    purl: each.purl,
    ...(each.paths.length > 0 ? { evidence: { occurrences: each.paths.map((location) => ({ location })) } } : {}),
    ...(properties.length > 0 ? { properties } : {}),
  };
}

/** A version 5 style UUID of the content. @see RFC 9562, section 5.8 */
function serialOf(body: unknown): string {
  const hex = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
