import type { Finding, Verdict } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { cycloneDxPredicate, spdxPredicate } from './bom.ts';
import { type Delivery, deliveryPredicate } from './delivery.ts';
import { type Provenance, provenancePredicate } from './provenance.ts';
import { summaryPredicate, VerdictPredicate, VerificationSummary, verdictPredicate } from './verdict.ts';
import { Vulnerabilities, vulnerabilitiesPredicate } from './vulns.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const verdict: Verdict = {
  account: 'acme',
  repository: 'web',
  digest,
  decision: 'deny',
  state: 'valid',
  reasons: [],
  inputHash: 'sha256:1',
  decidedAt: '2026-11-22T10:00:00Z',
  validUntil: '2026-11-29T10:00:00Z',
};
const context = {
  verifier: 'https://registry.example.com',
  version: '0.1.0',
  resourceUri: `oci://registry.example.com/acme/web@${digest}`,
  policyDigest: `sha256:${'b'.repeat(64)}`,
};

describe('the verification summary', () => {
  test.each([
    ['deny', 'FAILED', ['FAILED']],
    ['allow', 'PASSED', ['PRATIQUE_POLICY_V1']],
  ] as const)('of %s says %s and claims no level of SLSA', (decision, result, levels) => {
    const { type, body } = summaryPredicate({ ...verdict, decision }, context);
    expect(type).toBe('https://slsa.dev/verification_summary/v1');
    expect(VerificationSummary.parse(body)).toMatchObject({
      verificationResult: result,
      verifiedLevels: levels,
      timeVerified: verdict.decidedAt,
      policy: { digest: { sha256: 'b'.repeat(64) } },
      resourceUri: context.resourceUri,
    });
  });
  test('our own predicate leaves the state out, which changes while the statement stays', () => {
    const { body } = verdictPredicate(verdict);
    expect(VerdictPredicate.parse(body)).toMatchObject({ decision: 'deny', inputHash: 'sha256:1' });
    expect(body).not.toHaveProperty('state');
  });
});

test('a scan is one result per finding, with the package it is in and the version that fixes it', () => {
  const finding: Finding = {
    id: 'CVE-2026-1',
    aliases: [],
    severity: 'high',
    status: 'affected',
    fixedVersion: '2',
    exploited: false,
    title: null,
    package: { name: 'a', version: '1', type: 'deb', purl: 'pkg:deb/debian/a@1' },
    evidence: {
      source: 'debian',
      advisory: 'CVE-2026-1',
      comparison: 'a 1 < 2 (deb)',
      severitySource: 'debian',
      snapshot: 'x',
    },
  };
  const { type, body } = vulnerabilitiesPredicate(
    [finding, { ...finding, fixedVersion: null, package: { ...finding.package, purl: 'pkg:deb/debian/b@1' } }],
    {
      scanner: { uri: 'https://pratique.dev', version: '0.1.0' },
      advisories: { version: 'x', lastUpdate: '2026-11-22T00:00:00Z' },
      startedOn: '2026-11-22T10:00:00Z',
      finishedOn: '2026-11-22T10:00:01Z',
    },
  );
  expect(type).toBe('https://in-toto.io/attestation/vulns/v0.2');
  expect(Vulnerabilities.parse(body).scanner.result).toEqual([
    {
      id: 'CVE-2026-1',
      severity: [{ method: 'debian', score: 'high' }],
      annotations: [{ purl: 'pkg:deb/debian/a@1', status: 'affected', fixedVersion: '2' }],
    },
    {
      id: 'CVE-2026-1',
      severity: [{ method: 'debian', score: 'high' }],
      annotations: [{ purl: 'pkg:deb/debian/b@1', status: 'affected' }],
    },
  ]);
});

test('a delivery names both places, the digest and the contract', () => {
  const delivery: Delivery = {
    from: { account: 'vendor', repository: 'db' },
    to: { account: 'acme', repository: 'vendor/db' },
    digest,
    contract: 'c-1',
    deliveredAt: '2026-11-22T10:00:00Z',
  };
  expect(deliveryPredicate(delivery)).toEqual({ type: 'https://pratique.dev/attestation/delivery/v1', body: delivery });
  expect(() => deliveryPredicate({ ...delivery, digest: 'latest' })).toThrow(/digest/);
});

describe('documents of the wrong kind are refused:', () => {
  test.each([
    ['CycloneDX as SPDX', () => spdxPredicate({ bomFormat: 'CycloneDX', specVersion: '1.6' })],
    ['SPDX as CycloneDX', () => cycloneDxPredicate({ spdxVersion: 'SPDX-2.3' })],
    [
      'a provenance without builder',
      () =>
        provenancePredicate({ buildDefinition: { buildType: 'x', externalParameters: {} } } as unknown as Provenance),
    ],
  ])('%s', (_, make) => expect(make).toThrow());
});
