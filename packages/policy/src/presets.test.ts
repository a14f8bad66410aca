import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageReview, TARGETS, type Violation } from '@pratique/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bundle } from './bundle.ts';
import { createBundle } from './bundle.ts';
import { builtEngine, POLICIES } from './engine/engine.fixture.ts';
import { type SpawnedEngine, spawnEngine } from './engine/spawn.ts';
import { AdmissionRequest, evaluateAdmission } from './evaluate-admission.ts';
import { evaluateImage } from './evaluate-image.ts';
import { presetBundle, readPresets } from './presets.ts';
import { readYaml } from './read-yaml.ts';

const presets = await readPresets(POLICIES);
const samples = await Promise.all(
  presets.flatMap((preset) =>
    (['allowed', 'denied'] as const).map(async (expected) => {
      const folder = join(POLICIES, preset.name, 'samples', expected);
      const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
      return files.map((file) => ({ preset, expected, file, path: join(folder, file) }));
    }),
  ),
);
const cases = samples.flat().map((sample) => ({
  ...sample,
  name: `${sample.preset.name}: ${sample.file.replace('.yaml', '')} is ${sample.expected}`,
}));

const engineBuild = await builtEngine();
let engine: SpawnedEngine;
beforeAll(() => {
  if ('binary' in engineBuild) engine = spawnEngine({ binary: engineBuild.binary });
});
afterAll(async () => {
  if ('binary' in engineBuild) await engine.close();
});

/** An object as `kubectl apply` would make it arrive, unless the sample is a whole request. */
function asRequest(document: Record<string, unknown>): AdmissionRequest {
  if ('operation' in document) return AdmissionRequest.parse(document);
  const [group, version] = String(document['apiVersion']).includes('/')
    ? String(document['apiVersion']).split('/')
    : ['', document['apiVersion']];
  return AdmissionRequest.parse({
    operation: 'CREATE',
    kind: { group, version, kind: document['kind'] },
    name: 'web',
    namespace: 'shop',
    object: document,
  });
}

async function evaluate(bundle: Bundle, document: unknown, target: string): Promise<Violation[]> {
  const options = { timeoutMs: 5000 };
  if (target === TARGETS.image) return evaluateImage(engine, bundle, ImageReview.parse(document), options);
  return evaluateAdmission(engine, bundle, asRequest(document as Record<string, unknown>), null, options);
}

describe('preset policies', () => {
  test.for(cases)('$name', async ({ preset, expected, path }, context) => {
    if ('reason' in engineBuild) return context.skip(engineBuild.reason);
    const [document] = readYaml(await readFile(path, 'utf8'), path);
    const violations = await evaluate(
      createBundle([preset.template], preset.constraints),
      document,
      preset.template.target,
    );
    expect(violations.filter(({ details }) => 'error' in details)).toEqual([]);
    if (expected === 'allowed') expect(violations).toEqual([]);
    else {
      expect(violations).not.toEqual([]);
      for (const { msg } of violations) expect(msg).toMatch(/^[A-Z\d].*\.$/);
    }
  });

  test.for(presets)('every constraint of $name is violated by one of its samples', async (preset, context) => {
    if ('reason' in engineBuild) return context.skip(engineBuild.reason);
    const bundle = createBundle([preset.template], preset.constraints);
    const violated = new Set<string>();
    for (const { path } of cases.filter((each) => each.preset === preset && each.expected === 'denied'))
      for (const { constraint } of await evaluate(
        bundle,
        readYaml(await readFile(path, 'utf8'), path)[0],
        preset.template.target,
      ))
        violated.add(constraint);
    expect([...violated].sort()).toEqual(preset.constraints.map(({ name }) => name).sort());
  });

  test('the default bundle is all of them: what denies and what warns', () => {
    const bundle = presetBundle(presets);
    const by = (action: string) => bundle.constraints.filter((each) => each.action === action).map(({ name }) => name);
    expect(by('deny')).toEqual([
      'exploited-findings',
      'fixable-findings',
      'malware',
      'pod-capabilities-baseline',
      'pod-host-namespaces',
      'pod-host-paths',
      'pod-host-ports',
      'pod-privileged',
      'pod-proc-mount',
      'pod-seccomp-baseline',
      'pod-sysctls',
      'secrets',
      'unexamined-content',
    ]);
    expect(by('warn')).toEqual([
      'baseline',
      'end-of-life',
      'image-age',
      'malware-not-looked-into',
      'pod-capabilities-restricted',
      'pod-privilege-escalation',
      'pod-run-as-non-root',
      'pod-seccomp-restricted',
      'runs-as-root',
      'secrets-removed-later',
      'unknown-base',
    ]);
  });

  test('every copy of the pod library is the one in policies/pod.rego', async () => {
    const library = await readFile(join(POLICIES, 'pod.rego'), 'utf8');
    for (const { template } of presets) for (const lib of template.libs) expect(lib).toBe(library);
  });

  test('every preset has a title, a description and a fix', () => {
    for (const { name, template } of presets) {
      expect(template.title, name).not.toBe(template.kind);
      expect(template.description.length, name).toBeGreaterThan(40);
      expect(template.fix.length, name).toBeGreaterThan(10);
    }
  });

  test('a fixable finding is named with its package and both versions', async (context) => {
    if ('reason' in engineBuild) return context.skip(engineBuild.reason);
    const path = join(POLICIES, 'fixable-findings/samples/denied/critical-among-harmless.yaml');
    const violations = await evaluate(
      presetBundle(presets),
      readYaml(await readFile(path, 'utf8'), path)[0],
      TARGETS.image,
    );
    expect(violations.filter(({ template }) => template === 'FixableFindings')).toEqual([
      {
        constraint: 'fixable-findings',
        template: 'FixableFindings',
        action: 'deny',
        msg: 'CVE-2026-1007 (critical) affects zlib1g 1:1.2.11; version 1.2.13 fixes it.',
        details: {
          id: 'CVE-2026-1007',
          severity: 'critical',
          package: 'zlib1g',
          type: 'deb',
          version: '1:1.2.11',
          fixedVersion: '1.2.13',
          purl: 'pkg:deb/debian/zlib1g@1:1.2.11',
        },
      },
    ]);
  });

  test('parameters move the line: medium findings are denied when the constraint says so', async (context) => {
    if ('reason' in engineBuild) return context.skip(engineBuild.reason);
    const preset = presets.find(({ name }) => name === 'fixable-findings');
    const [constraint] = preset?.constraints ?? [];
    if (!preset || !constraint) throw new Error('the preset is gone');
    const bundle = createBundle([preset.template], [{ ...constraint, parameters: { severities: ['medium'] } }]);
    const path = join(POLICIES, 'fixable-findings/samples/allowed/low-severity.yaml');
    expect(await evaluate(bundle, readYaml(await readFile(path, 'utf8'), path)[0], TARGETS.image)).toHaveLength(1);
  });

  test.for([
    [
      'secrets',
      'denied/reachable-in-a-file',
      'secrets',
      /GitHub personal access token ghp_… \(critical\) in srv\/app\/\.env, line 3; /,
    ],
    [
      'secrets',
      'denied/reachable-in-the-environment',
      'secrets',
      /in environment GITHUB_TOKEN and one more place; every/,
    ],
    ['secrets', 'denied/removed-later', 'secrets-removed-later', / and 3 more places; a later layer takes it away/],
    [
      'secrets',
      'denied/examination-failed',
      'secrets',
      /of the image: the scanner took longer than 600 s and was ended\.$/,
    ],
    [
      'malware',
      'denied/miner',
      'malware',
      /XMRig \(miner, critical\) in usr\/bin\/kworker, by the rule miner-xmrig of pratique/,
    ],
    [
      'malware',
      'denied/archive-that-is-encrypted',
      'malware-not-looked-into',
      /: 1; the first is srv\/data\.zip!inner\.bin, the/,
    ],
    [
      'baseline',
      'denied/setuid-programs',
      'baseline',
      /\(setuid-unknown, high\): usr\/bin\/odd and 1 more\. Take the bit away/,
    ],
  ] as const)(
    'of %s the sample %s is said by %s in words that tell where',
    async ([name, sample, by, says], context) => {
      if ('reason' in engineBuild) return context.skip(engineBuild.reason);
      const preset = presets.find((each) => each.name === name);
      if (!preset) throw new Error('the preset is gone');
      const path = join(POLICIES, `${name}/samples/${sample}.yaml`);
      const bundle = createBundle([preset.template], preset.constraints);
      const [first, ...more] = await evaluate(bundle, readYaml(await readFile(path, 'utf8'), path)[0], TARGETS.image);
      expect([first?.constraint, more]).toEqual([by, []]);
      expect(first?.msg).toMatch(says);
    },
  );
});
