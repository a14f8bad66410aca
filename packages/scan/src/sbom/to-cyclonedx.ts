/** Writes an inventory as CycloneDX 1.6 JSON. */
import { createHash } from 'node:crypto';
import type { Finding, Inventory, Package, Severity } from '@pratique/contract';
import { isForDevelopment } from '../catalogers/purl.ts';
import { licenceChoice } from './licence.ts';
import { type SbomSubject, TOOL, VENDOR } from './subject.ts';

/**
 * A deterministic document: the serial number is derived from the content. What was not examined makes the document's
 * composition `incomplete` and is listed in properties.
 *
 * @param findings what is known of the packages; without them the document says nothing of vulnerabilities
 * @see cyclonedx.org/docs/1.6/json
 */
export function toCycloneDx(
  inventory: Inventory,
  subject: SbomSubject,
  findings: readonly Finding[] | null = null,
): Record<string, unknown> {
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
    ...(findings === null ? {} : { vulnerabilities: toVulnerabilities(findings) }),
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
    ...(isForDevelopment(each.purl) ? { scope: 'excluded' } : {}),
    ...(licenses.length > 0 ? { licenses } : {}),
    purl: each.purl,
    ...(each.paths.length > 0 ? { evidence: { occurrences: each.paths.map((location) => ({ location })) } } : {}),
    ...(properties.length > 0 ? { properties } : {}),
  };
}

const STATE: Readonly<Record<Finding['status'], string>> = {
  affected: 'exploitable',
  'will-not-fix': 'exploitable',
  'not-affected': 'not_affected',
  unknown: 'in_triage',
};
const RATING: Readonly<Record<Severity, string>> = {
  critical: 'critical',
  high: 'high',
  medium: 'medium',
  low: 'low',
  negligible: 'info',
  unknown: 'unknown',
};

/** One entry for each hole and what was said of it, with all packages that it is the same for. */
function toVulnerabilities(findings: readonly Finding[]): Record<string, unknown>[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.id, finding.status, finding.fixedVersion, finding.evidence.source]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { id, aliases, severity, status, fixedVersion, title, evidence } = first;
    return {
      'bom-ref': `vulnerability:${createHash('sha256')
        .update(JSON.stringify([id, status, fixedVersion, evidence.source]))
        .digest('hex')
        .slice(0, 32)}`,
      id,
      source: { name: evidence.source },
      ...(aliases.length > 0
        ? { references: aliases.map((alias) => ({ id: alias, source: { name: evidence.source } })) }
        : {}),
      ratings: [
        {
          severity: RATING[severity],
          ...(evidence.severitySource === null ? {} : { justification: evidence.severitySource }),
        },
      ],
      ...(title === null ? {} : { description: title }),
      ...(fixedVersion === null ? {} : { recommendation: `Upgrade to ${fixedVersion}.` }),
      analysis: {
        state: STATE[status],
        ...(status === 'will-not-fix' ? { response: ['will_not_fix'] } : {}),
        detail: evidence.comparison,
      },
      affects: [...new Set(group.map((each) => each.package.purl))].map((ref) => ({ ref })),
    };
  });
}

/** A version 5 style UUID of the content. @see RFC 9562, section 5.8 */
function serialOf(body: unknown): string {
  const hex = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
