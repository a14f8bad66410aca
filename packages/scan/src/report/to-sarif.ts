/** Writes a scan as SARIF 2.1.0, for code scanning services and editors. */
import { createHash } from 'node:crypto';
import type { BaselineResult, ImageScan, MalwareMatch, RankedFinding, Secret, Severity } from '@pratique/contract';
import { TOOL, VENDOR } from '../sbom/subject.ts';

const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  unknown: 'warning',
  low: 'note',
  negligible: 'note',
};

/** Where a source has a word and no number: the middle of what the word stands for. Services sort by numbers. */
const MIDDLE: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  unknown: '5.5',
  low: '2.0',
  negligible: '0.0',
};

/**
 * One rule for each hole, one result for each package that has it; likewise for secrets and malware. What was not examined is a notification of the tool.
 * @see OASIS SARIF 2.1.0; docs.github.com, "SARIF support for code scanning" (security-severity, partialFingerprints)
 */
export function toSarif(scan: ImageScan, toolVersion: string): Record<string, unknown> {
  const paths = new Map(scan.packages.map((each) => [each.purl, each.paths]));
  const rules = new Map<string, { index: number; rule: Record<string, unknown> }>();
  const indexOf = (id: string, make: () => Record<string, unknown>): number => {
    let entry = rules.get(id);
    if (!entry) rules.set(id, (entry = { index: rules.size, rule: make() }));
    return entry.index;
  };
  const results = scan.findings.map((finding) =>
    toResult(
      finding,
      indexOf(finding.id, () => toRule(finding)),
      paths.get(finding.package.purl) ?? [],
    ),
  );
  for (const secret of scan.secrets ?? [])
    results.push(
      ofSecret(
        secret,
        indexOf(secret.id, () => contentRule(secret, 'secret', null)),
      ),
    );
  for (const match of scan.malware ?? [])
    results.push(
      ofMalware(
        match,
        indexOf(match.id, () => contentRule(match, 'malware', match.reference)),
      ),
    );
  for (const check of scan.baseline ?? [])
    if (check.status === 'failed')
      results.push(
        ofCheck(
          check,
          indexOf(check.id, () => contentRule(check, 'baseline', null)),
        ),
      );
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: TOOL,
            organization: VENDOR,
            version: toolVersion,
            rules: [...rules.values()].map(({ rule }) => rule),
          },
        },
        invocations: [
          {
            executionSuccessful: scan.missing.length === 0,
            toolExecutionNotifications: [
              ...scan.missing.map((each) => notification(`${each.what} ${each.path}: ${each.detail}`)),
              ...scan.uncovered.map((each) =>
                notification(`${each.ecosystem}: ${each.packages} packages, ${each.reason}`),
              ),
              ...(scan.unexamined ?? []).map((each) => notification(`${each.path}: ${each.detail}`)),
            ],
          },
        ],
        properties: { subject: scan.image.reference, digest: scan.image.digest },
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  };
}

const notification = (text: string) => ({ level: 'warning', message: { text } });

function toRule(finding: RankedFinding): Record<string, unknown> {
  const title = finding.title ?? `${finding.id} in ${finding.package.name}`;
  return {
    id: finding.id,
    name: finding.id,
    shortDescription: { text: title },
    fullDescription: { text: title },
    ...(finding.id.startsWith('CVE-') ? { helpUri: `https://www.cve.org/CVERecord?id=${finding.id}` } : {}),
    help: { text: `${title}\n${[...finding.aliases].join(', ')}`.trim() },
    defaultConfiguration: { level: LEVEL[finding.severity] },
    properties: {
      tags: ['security', 'vulnerability', finding.severity],
      precision: 'very-high',
      'security-severity': scoreOf(finding),
    },
  };
}

/** The score that a CVSS vector came with; it stands behind the vector in brackets. */
function scoreOf({ severity, evidence }: RankedFinding): string {
  return /\((\d{1,2}\.\d)\)$/.exec(evidence.severitySource ?? '')?.[1] ?? MIDDLE[severity];
}

function toResult(finding: RankedFinding, ruleIndex: number, paths: readonly string[]): Record<string, unknown> {
  const { name, version, purl } = finding.package;
  const fix = finding.fixedVersion === null ? 'There is no fix yet.' : `Fixed in ${finding.fixedVersion}.`;
  const logical = [{ fullyQualifiedName: purl, name, kind: 'module' }];
  // A result without a file is shown by no code scanning service.
  const files = paths.length > 0 ? paths.slice(0, 10) : ['package'];
  return {
    ruleId: finding.id,
    ruleIndex,
    level: LEVEL[finding.severity],
    ...(finding.status === 'not-affected' ? { kind: 'notApplicable', level: 'none' } : { kind: 'fail' }),
    message: { text: `${name} ${version}: ${finding.title ?? finding.id}. ${fix} ${finding.evidence.comparison}` },
    locations: files.map((path) => ({
      physicalLocation: { artifactLocation: { uri: encodePath(path) }, region: { startLine: 1 } },
      logicalLocations: logical,
    })),
    partialFingerprints: { 'pratique/v1': createHash('sha256').update(`${finding.id} ${purl}`).digest('hex') },
    rank: finding.priority.score,
    properties: {
      purl,
      severity: finding.severity,
      status: finding.status,
      fixedVersion: finding.fixedVersion,
      exploited: finding.exploited,
      evidence: finding.evidence,
      priority: finding.priority,
    },
  };
}

function contentRule(
  { id, title, severity }: Pick<Secret, 'id' | 'title' | 'severity'>,
  tag: string,
  reference: string | null,
): Record<string, unknown> {
  return {
    id,
    name: id,
    shortDescription: { text: title },
    fullDescription: { text: title },
    ...(reference === null ? {} : { helpUri: reference }),
    help: { text: title },
    defaultConfiguration: { level: LEVEL[severity] },
    properties: { tags: ['security', tag, severity], precision: 'high', 'security-severity': MIDDLE[severity] },
  };
}

function ofSecret(secret: Secret, ruleIndex: number): Record<string, unknown> {
  const { id, title, severity, redacted, fingerprint, state, places, placeCount } = secret;
  const gone = state === 'removed-later' ? ' A later layer removes it; whoever pulls the image has it.' : '';
  return {
    ruleId: id,
    ruleIndex,
    level: LEVEL[severity],
    kind: 'fail',
    message: { text: `${title} (${redacted}).${gone}` },
    locations: places
      .slice(0, 10)
      .map(({ where, path, line, column }) =>
        at(where === 'file' ? path : `config/${where}/${path}`, { startLine: line, startColumn: column }),
      ),
    partialFingerprints: { 'pratique/v1': fingerprint },
    properties: { severity, state, places: placeCount },
  };
}

function ofMalware(match: MalwareMatch, ruleIndex: number): Record<string, unknown> {
  const { id, title, severity, path, family, confidence, engine, source } = match;
  return {
    ruleId: id,
    ruleIndex,
    level: LEVEL[severity],
    kind: 'fail',
    message: { text: `${title} (${family}), found by ${source}` },
    locations: [at(path, { startLine: 1 })],
    partialFingerprints: { 'pratique/v1': createHash('sha256').update(`${id} ${path}`).digest('hex') },
    properties: { severity, family, confidence, engine },
  };
}

/** The evidence names files only sometimes: the image's configuration stands for the rest. */
function ofCheck(check: BaselineResult, ruleIndex: number): Record<string, unknown> {
  const { id, title, reason, fix, severity, evidence, evidenceCount, profiles } = check;
  return {
    ruleId: id,
    ruleIndex,
    level: LEVEL[severity],
    kind: 'fail',
    message: { text: `Not so: ${title}. ${reason} ${fix} Found: ${evidence.slice(0, 10).join('; ')}` },
    locations: [at('config', { startLine: 1 })],
    partialFingerprints: { 'pratique/v1': createHash('sha256').update(id).digest('hex') },
    properties: { severity, profiles, evidence, evidenceCount },
  };
}

const at = (path: string, region: Record<string, number>) => ({
  physicalLocation: { artifactLocation: { uri: encodePath(path) }, region },
});

/** A path as a relative URI; what lies in an archive is separated by `!/`, which stays. */
function encodePath(path: string): string {
  return path
    .split('/')
    .map((part) => encodeURIComponent(part).replaceAll('%21', '!'))
    .join('/');
}
