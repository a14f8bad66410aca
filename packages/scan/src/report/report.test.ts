/** Reports are read by machines that are strict, and carry text of strangers. */
import { readFileSync } from 'node:fs';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import type { ImageScan, RankedFinding } from '@pratique/contract';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { toCycloneDx } from '../sbom/to-cyclonedx.ts';
import { toHtml } from './to-html.ts';
import { toSarif } from './to-sarif.ts';

const HOSTILE = "</td><script>alert(1)</script>\" onload='x' \u001b[31m & \u202e";
const finding = (id: string, over: Partial<RankedFinding> = {}): RankedFinding => ({
  id,
  aliases: ['GHSA-aaaa-bbbb-cccc'],
  package: { name: 'openssl', version: '1', type: 'deb', purl: 'pkg:deb/debian/openssl@1' },
  severity: 'critical',
  status: 'affected',
  fixedVersion: '2',
  exploited: true,
  title: HOSTILE,
  evidence: {
    source: 'debian',
    advisory: id,
    comparison: HOSTILE,
    severitySource: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H (9.8)',
    snapshot: 'sha256:0',
  },
  priority: { score: 70, factors: [{ name: 'exploited', points: 35, detail: HOSTILE }] },
  ...over,
});
const SCAN: ImageScan = {
  image: {
    reference: `app:${HOSTILE}`,
    digest: `sha256:${'a'.repeat(64)}`,
    distribution: { id: 'debian', version: '12', codename: 'bookworm', name: 'Debian 12' },
  },
  packages: [
    {
      name: 'openssl',
      version: '1',
      type: 'deb',
      purl: 'pkg:deb/debian/openssl@1',
      sourceName: 'openssl',
      sourceVersion: '1',
      architecture: 'amd64',
      owner: null,
      licenses: [],
      layer: null,
      paths: ['var/lib/dpkg/status', 'opt/a b/app.jar!/META-INF/x', 'ü/%.txt'],
    },
  ],
  findings: [
    finding('CVE-2024-0001'),
    finding('CVE-2024-0001', { package: { name: 'other', version: '1', type: 'deb', purl: 'pkg:deb/debian/other@1' } }),
    finding('CVE-2024-0002', { status: 'not-affected', severity: 'unknown', fixedVersion: null, title: null }),
    finding('GHSA-dddd-eeee-ffff', { status: 'will-not-fix', severity: 'negligible', aliases: [], exploited: false }),
  ],
  missing: [{ kind: 'limit', what: 'jar', path: HOSTILE, detail: 'too deep' }],
  uncovered: [{ ecosystem: 'npm', packages: 2, reason: 'no advisory source has data on it' }],
  secrets: [
    {
      id: 'npm-access-token',
      title: 'npm access token',
      severity: 'critical',
      redacted: 'npm_…',
      fingerprint: 'a'.repeat(64),
      state: 'removed-later',
      places: [
        {
          where: 'file',
          path: 'root/.npmrc',
          line: 3,
          column: 40,
          layer: `sha256:${'2'.repeat(64)}`,
          state: 'removed-later',
        },
        { where: 'environment', path: 'NPM_TOKEN', line: 1, column: 11, layer: null, state: 'reachable' },
      ],
      placeCount: 2,
    },
  ],
  malware: [
    {
      id: 'web-shell-php-eval',
      title: 'A <b>web shell</b> in PHP',
      family: 'web-shell',
      severity: 'critical',
      confidence: 'high',
      engine: 'rules',
      source: 'pratique',
      path: 'var/www/a b.php',
      layer: null,
      reference: 'https://example.org/web-shells',
      evidence: [],
    },
  ],
  unexamined: [{ path: 'srv/a.zip!/b', kind: 'encrypted', detail: 'it is encrypted' }],
  baseline: [
    {
      id: 'user-is-root',
      title: 'The image runs as root',
      reason: 'Whoever breaks out is root.',
      fix: 'Name another user.',
      severity: 'high',
      profiles: ['cis-docker-4'],
      status: 'failed',
      detail: null,
      evidence: ['User is empty'],
      evidenceCount: 1,
    },
    {
      id: 'no-health-check',
      title: 'It has a health check',
      reason: 'Nobody notices otherwise.',
      fix: 'Add one.',
      severity: 'low',
      profiles: ['cis-docker-4'],
      status: 'passed',
      detail: null,
      evidence: [],
      evidenceCount: 0,
    },
  ],
};

test('SARIF is valid by its own schema, for findings and for none', () => {
  const {
    $schema: _,
    id: __,
    ...schema
  } = JSON.parse(readFileSync(new URL('sarif-2.1.0.schema.fixture.json', import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >;
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  for (const scan of [SCAN, { ...SCAN, findings: [], missing: [], uncovered: [], packages: [] }]) {
    expect(validate(toSarif(scan, '1.0')), JSON.stringify(validate.errors)).toBe(true);
  }
  const broken = toSarif(SCAN, '1.0');
  expect(validate({ ...broken, runs: [{ ...(broken['runs'] as object[])[0], nonsense: 1 }] })).toBe(false);
});

test('SARIF has a rule for each hole and a result for each package, with what services sort and show by', () => {
  const [run] = toSarif(SCAN, '1.0')['runs'] as {
    tool: { driver: { rules: { id: string; properties: Record<string, unknown> }[] } };
    invocations: { executionSuccessful: boolean; toolExecutionNotifications: unknown[] }[];
    results: {
      ruleId: string;
      ruleIndex: number;
      level: string;
      kind: string;
      rank: number;
      locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
      partialFingerprints: Record<string, string>;
    }[];
  }[];
  const rules = run?.tool.driver.rules ?? [];
  expect(rules.map((rule) => [rule.id, rule.properties['security-severity']])).toEqual([
    ['CVE-2024-0001', '9.8'],
    ['CVE-2024-0002', '9.8'],
    ['GHSA-dddd-eeee-ffff', '9.8'],
    ['npm-access-token', '9.5'],
    ['web-shell-php-eval', '9.5'],
    ['user-is-root', '8.0'],
  ]);
  expect(run?.results.map((one) => [one.ruleId, one.level, one.kind, one.rank])).toEqual([
    ['CVE-2024-0001', 'error', 'fail', 70],
    ['CVE-2024-0001', 'error', 'fail', 70],
    ['CVE-2024-0002', 'none', 'notApplicable', 70],
    ['GHSA-dddd-eeee-ffff', 'note', 'fail', 70],
    ['npm-access-token', 'error', 'fail', undefined],
    ['web-shell-php-eval', 'error', 'fail', undefined],
    ['user-is-root', 'error', 'fail', undefined],
  ]);
  for (const one of run?.results ?? []) expect(rules[one.ruleIndex]?.id).toBe(one.ruleId);
  expect(run?.results[0]?.locations.map((at) => at.physicalLocation.artifactLocation.uri)).toEqual([
    'var/lib/dpkg/status',
    'opt/a%20b/app.jar!/META-INF/x',
    '%C3%BC/%25.txt',
  ]);
  const [secret, malware] = run?.results.slice(-3) ?? [];
  expect(secret?.locations.map((at) => at.physicalLocation.artifactLocation.uri)).toEqual([
    'root/.npmrc',
    'config/environment/NPM_TOKEN',
  ]);
  expect(malware?.locations.map((at) => at.physicalLocation.artifactLocation.uri)).toEqual(['var/www/a%20b.php']);
  const prints = run?.results.map((one) => one.partialFingerprints['pratique/v1']) ?? [];
  expect(prints[0]).not.toBe(prints[1]);
  expect(run?.invocations[0]).toMatchObject({ executionSuccessful: false });
  expect(run?.invocations[0]?.toolExecutionNotifications).toHaveLength(3);
});

test('CycloneDX with findings is valid by its own schema', async (ctx) => {
  const inventory = {
    revision: 1,
    distribution: SCAN.image.distribution,
    packages: SCAN.packages,
    files: [],
    missing: [],
  };
  const subject = { name: 'app', digest: null, created: '2026-11-22T10:00:00.000Z', toolVersion: '1.0' };
  const document = toCycloneDx(inventory, subject, SCAN.findings);
  const problem = await new Validation.JsonStrictValidator(Spec.Version.v1dot6)
    .validate(JSON.stringify(document))
    .catch((error: unknown) => error);
  if (problem instanceof Validation.MissingOptionalDependencyError)
    return ctx.skip(`the validator's optional packages are not installed: ${problem.message}`);
  expect(problem).toBeNull();
  expect(document['vulnerabilities']).toMatchObject([
    { id: 'CVE-2024-0001', affects: [{ ref: 'pkg:deb/debian/openssl@1' }, { ref: 'pkg:deb/debian/other@1' }] },
    { id: 'CVE-2024-0002', analysis: { state: 'not_affected' } },
    { id: 'GHSA-dddd-eeee-ffff', analysis: { state: 'exploitable', response: ['will_not_fix'] } },
  ]);
});

test('HTML loads nothing, runs nothing, and shows what strangers wrote as text', () => {
  const page = toHtml(SCAN, { toolVersion: '1.0', created: '2026-11-22' });
  expect(page).not.toContain('<script');
  expect(page).not.toMatch(/\p{Cf}/u);
  expect(page.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  expect(page).not.toMatch(/<[^>]*\son[a-z]+=/);
  expect(page).not.toMatch(/(?:src|href)=/);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  for (const word of [
    'CVE-2024-0001',
    'GHSA-dddd-eeee-ffff',
    'Upgrades that clear most',
    'too deep',
    'no advisory source',
  ])
    expect(page).toContain(word);
  expect(toHtml({ ...SCAN, findings: [] }, { toolVersion: '1', created: '' })).toContain('There are none.');
});
