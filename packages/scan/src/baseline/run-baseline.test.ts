/** Each check fails what it is about, and passes what comes close; what was not looked at is never passed. */
import { BaselineReport } from '@pratique/contract';
import { mergeLayers } from '@pratique/oci/layers/merge-layers';
import { gzipLayer } from '@pratique/oci/layers/tar-fixture';
import { describe, expect, test } from 'vitest';
import { CASES, type Image, NOW, subjectOf, treeOf } from './cases.fixture.ts';
import { BASELINE_CHECKS, BASELINE_REVISION, checksOf } from './list.ts';
import { runBaseline } from './run-baseline.ts';
import { BASELINE_KEEP_BYTES, baselineWants } from './wants.ts';

const resultOf = (image: Image, id: string) => runBaseline(subjectOf(image)).results.find((each) => each.id === id);

describe.each(CASES.map((one, at) => ({ name: `${one.id} (${at})`, one })))('$name', ({ one }) => {
  test('fails what it is about, with evidence', () => {
    const result = resultOf(one.fails, one.id);
    expect(result?.status).toBe('failed');
    expect(result?.evidence.length).toBeGreaterThan(0);
    expect(result?.evidenceCount).toBeGreaterThanOrEqual(result?.evidence.length ?? 0);
  });
  test('passes what comes close', () => {
    expect(resultOf(one.passes, one.id)).toMatchObject({ status: 'passed', evidence: [], detail: null });
  });
});

describe('the list of checks', () => {
  test('has a case for each check that can be made', () => {
    const cased = new Set(CASES.map((one) => one.id));
    expect(BASELINE_CHECKS.map((check) => check.id).filter((id) => !cased.has(id))).toEqual(['file-capabilities']);
  });
  test('has at least 45 checks with ids of their own, and each profile has some', () => {
    const ids = BASELINE_CHECKS.map((check) => check.id);
    expect(ids.length).toBeGreaterThanOrEqual(45);
    expect(new Set(ids).size).toBe(ids.length);
    for (const profile of ['cis-docker-4', 'hardened', 'minimal'] as const) {
      const { results } = runBaseline(subjectOf({}), profile);
      expect(results.length).toBeGreaterThan(8);
      expect(results.map((each) => each.id)).toEqual(checksOf(profile).map((each) => each.id));
    }
  });
  test('the revision is an address of the list', () => {
    expect(BASELINE_REVISION).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(runBaseline(subjectOf({})).revision).toBe(BASELINE_REVISION);
  });
});

describe('what was not looked at is not passed', () => {
  test('without layers, packages, history and configuration nothing passes', () => {
    const report = runBaseline({ config: null, tree: null, inventory: null, now: NOW });
    expect(BaselineReport.parse(report)).toEqual(report);
    expect(new Set(report.results.map((each) => each.status))).toEqual(new Set(['not-examined']));
  });
  test('a file of settings whose content was not kept leaves its checks unmade', () => {
    const subject = subjectOf({
      files: [
        { path: 'etc/ssh/sshd_config', content: 'x' },
        { path: 'etc/passwd', content: 'x' },
      ],
    });
    for (const path of ['etc/ssh/sshd_config', 'etc/passwd'])
      Object.assign(subject.tree?.lookup(path) ?? {}, { content: null, unread: 'too-large' });
    const status = (id: string) => runBaseline(subject).results.find((each) => each.id === id)?.status;
    expect(['sshd-root-login', 'second-root', 'nginx-lists-folders'].map(status)).toEqual([
      'not-examined',
      'not-examined',
      'not-applicable',
    ]);
  });
  test('a user by name is not judged where the list of users was not kept', () => {
    const subject = subjectOf({ config: { User: 'app' }, files: [{ path: 'etc/passwd', content: 'app:x:0:0::/:\n' }] });
    Object.assign(subject.tree?.lookup('etc/passwd') ?? {}, { content: null });
    expect(runBaseline(subject).results.find((each) => each.id === 'user-is-root')?.status).toBe('not-examined');
  });
});

test('evidence is bounded, counted, and shows no value of a secret', () => {
  const files = Array.from({ length: 300 }, (_, n) => ({ path: `app/f${n}`, mode: 0o666 }));
  const result = resultOf({ files }, 'world-writable-file');
  expect([result?.evidence.length, result?.evidenceCount]).toEqual([20, 300]);
  const image = {
    config: { Env: ['DB_PASSWORD=hunter2hunter2'] },
    steps: ['RUN /bin/sh -c git clone https://u:hunter2hunter2@example.org/r # buildkit', 'ARG TOKEN=hunter2hunter2'],
    files: [{ path: 'root/.npmrc', content: 'registry=http://u:hunter2hunter2@example.org/\n' }],
  };
  const report = JSON.stringify(runBaseline(subjectOf(image)));
  expect(report).toContain('DB_PASSWORD');
  expect(report).not.toContain('hunter2');
});

test('hostile histories, names and settings come to an end', () => {
  const long = 'a'.repeat(200_000);
  const image = {
    config: {
      Env: [long, `${long}=1`, '=', ''],
      Labels: { 'org.opencontainers.image.base.name': long },
      User: long,
      Entrypoint: [],
    },
    steps: [long, `RUN ${'curl '.repeat(4000)}`, `RUN /bin/sh -c ${'apt-get '.repeat(2000)}`, '', '|9999 a'],
    files: [
      { path: `${'d/'.repeat(200)}x`, content: long },
      { path: 'etc/nginx/nginx.conf', content: `ssl_ciphers ${'A:'.repeat(50_000)}` },
      { path: 'etc/ssh/sshd_config', content: `Ciphers ${'aes,'.repeat(50_000)}` },
      { path: 'etc/apt/sources.list', content: `deb [${'x '.repeat(50_000)}` },
    ],
  };
  expect(BaselineReport.parse(runBaseline(subjectOf(image))).results.length).toBe(BASELINE_CHECKS.length);
});

test('every file that a check reads is kept while layers are read', async () => {
  const paths = [
    ...new Set(CASES.flatMap((one) => (one.fails.files ?? []).filter((file) => file.content).map((file) => file.path))),
  ];
  expect(paths.filter((path) => !baselineWants(path))).toEqual([]);
  for (const path of ['usr/lib/x.so', 'usr/bin/bash', 'app/index.js', 'app/config'])
    expect(baselineWants(path)).toBe(false);
  const merged = await mergeLayers([gzipLayer({ path: 'etc/ssh/sshd_config', content: 'PermitRootLogin yes\n' })], {
    examine: (path) =>
      baselineWants(path)
        ? { hash: false, keep: (content) => content, keepBytes: BASELINE_KEEP_BYTES, marks: [] }
        : null,
    repeatable: () => true,
  });
  const { results } = runBaseline({ config: { config: {} }, tree: merged.tree, inventory: null, now: NOW });
  expect(results.find((each) => each.id === 'sshd-root-login')?.status).toBe('failed');
});

test('a tree of links is looked at without following them', () => {
  const tree = treeOf([{ path: 'usr/bin/x', mode: 0o4777 }]);
  const bin = tree.ensureDirectory(['usr', 'bin'], 0);
  if (bin) tree.put(bin, 'loop', { kind: 'symlink', mode: 0o777, size: 0, uid: 0, gid: 0, target: 'loop', layer: 0 });
  const { results } = runBaseline({ config: {}, tree, inventory: null, now: NOW });
  expect(results.find((each) => each.id === 'world-writable-file')?.evidence).toEqual(['usr/bin/x: mode 4777']);
});
