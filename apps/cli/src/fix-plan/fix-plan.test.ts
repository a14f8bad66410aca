/** Plans for projects that the real tools made; the tools and a second plan judge what the patches make of them. */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Scenario } from '@pratique/compose/fixture/repair-scenario';
import { FixPlan } from '@pratique/contract';
import { copyGraph, createLayout, openLayout } from '@pratique/oci';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { createHome, type TestHome } from '../testing.ts';

let home: TestHome;

const fixed = (id: string, ecosystem: string, name: string, version: string) => ({
  id,
  affected: [
    {
      package: { ecosystem, name },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: version }] }],
    },
  ],
});

beforeAll(async () => {
  home = await createHome();
  const feed = [
    fixed('CVE-2021-23337', 'npm', 'lodash', '4.17.21'),
    fixed('CVE-2021-44906', 'npm', 'minimist', '1.2.6'),
    fixed('CVE-2024-56326', 'PyPI', 'jinja2', '3.1.5'),
    fixed('CVE-2025-27516', 'PyPI', 'jinja2', '3.1.6'),
    fixed('CVE-2021-38561', 'Go', 'golang.org/x/text', '0.3.8'),
  ];
  await writeFile(join(home.dir, 'osv.json'), JSON.stringify(feed));
  const imported = await home.run(['advisories', 'import', 'osv.json', '--source', 'osv', '--db', 'db']);
  expect(imported).toMatchObject({ code: 0 });
});
afterAll(() => home.remove());

/** A project of its own; git takes patches in it. */
async function project(name: string, files: Record<string, string>) {
  const dir = join(home.dir, name);
  await mkdir(dir);
  for (const [path, text] of Object.entries(files)) await writeFile(join(dir, path), text);
  run(dir, 'git', 'init', '-q', '.');
  const plan = async (...more: string[]) => {
    const ran = await home.run(['fix-plan', `dir:${name}`, '--db', 'db', '--json', ...more]);
    expect(ran).toMatchObject({ code: 0, notes: '' });
    return FixPlan.parse(JSON.parse(ran.out));
  };
  return { dir, plan, read: (path: string) => readFile(join(dir, path), 'utf8') };
}

function run(dir: string, program: string, ...args: string[]) {
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOSUMDB: 'off', GOTOOLCHAIN: 'local' };
  const ran = spawnSync(program, args, { cwd: dir, env, encoding: 'utf8', timeout: 120_000 });
  return { ok: ran.status === 0, out: `${ran.stdout}`, problem: ran.error?.message ?? `${ran.stderr}${ran.stdout}` };
}

async function reaches(ctx: TestContext, url: string) {
  const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(20_000) }).catch(() => null);
  if (!answer?.ok) ctx.skip(`${new URL(url).host} cannot be reached`);
}

function needs(ctx: TestContext, program: string, ...args: string[]) {
  const ran = run(home.dir, program, ...args);
  if (!ran.ok) ctx.skip(`${program} cannot be used here: ${ran.problem.slice(0, 200)}`);
}

async function apply(dir: string, patch: string | null) {
  await writeFile(join(dir, 'fix.patch'), patch ?? '');
  expect(run(dir, 'git', 'apply', '--check', 'fix.patch')).toMatchObject({ ok: true });
  expect(run(dir, 'git', 'apply', 'fix.patch')).toMatchObject({ ok: true });
}

describe('a patch', () => {
  test('of package-lock.json in both of its forms is installed by npm ci', { timeout: 120_000 }, async (ctx) => {
    const version = 2; // repeats what version 3 says in the form of version 1
    await reaches(ctx, 'https://registry.npmjs.org/lodash');
    const dependencies = { lodash: '4.17.15', mkdirp: '0.5.5', minimist: '1.2.5' };
    const { dir, plan, read } = await project('npm', {
      'package.json': `${JSON.stringify({ name: 'demo', version: '1.0.0', dependencies }, null, 2)}\n`,
    });
    const made = run(dir, 'npm', 'install', '--package-lock-only', `--lockfile-version=${version}`, '--no-audit');
    expect(made).toMatchObject({ ok: true });
    const before = await plan();
    expect(before.upgrades).toMatchObject([
      { name: 'lodash', to: '4.17.21', change: 'patch', direct: true },
      { name: 'minimist', to: '1.2.6', change: 'patch' },
    ]);
    await apply(dir, before.patch);
    expect(run(dir, 'npm', 'ci', '--ignore-scripts', '--no-audit')).toMatchObject({ ok: true });
    const listed = run(dir, 'npm', 'ls', '--all');
    expect(listed.ok, listed.problem).toBe(true);
    expect(listed.out).toContain('lodash@4.17.21');
    expect(listed.out).toContain('minimist@1.2.6');
    // npm itself has nothing to change in it.
    const lock = await read('package-lock.json');
    expect(run(dir, 'npm', 'install', '--package-lock-only', '--no-audit', `--lockfile-version=${version}`).ok).toBe(
      true,
    );
    expect(await read('package-lock.json')).toBe(lock);
    expect(await plan()).toMatchObject({ upgrades: [], left: [], patch: null });
  });

  test('of requirements with hashes is taken by pip', { timeout: 120_000 }, async (ctx) => {
    await reaches(ctx, 'https://pypi.org/simple/jinja2/');
    needs(ctx, 'python3', '-m', 'pip', '--version');
    const markupsafe = await hashesOf('markupsafe', '2.1.5');
    const text = [
      'jinja2==3.1.2 \\',
      '    --hash=sha256:6088930bfe239f0e6710546ab9c19c9ef35e29792895fed6e6e31a023a182a61',
      'markupsafe==2.1.5 \\',
      markupsafe.map((hash) => `    --hash=sha256:${hash}`).join(' \\\n'),
      '    # via jinja2',
      '',
    ].join('\n');
    const { dir, plan } = await project('python', { 'requirements.txt': text });
    const before = await plan();
    expect(before.upgrades).toMatchObject([
      { name: 'jinja2', to: '3.1.6', change: 'patch', clears: ['CVE-2024-56326', 'CVE-2025-27516'] },
    ]);
    await apply(dir, before.patch);
    const pip = [
      '-m',
      'pip',
      'install',
      '--require-hashes',
      '--dry-run',
      '--ignore-installed',
      '-r',
      'requirements.txt',
    ];
    const ran = run(dir, 'python3', ...pip);
    expect(ran.ok, ran.problem).toBe(true);
    expect(ran.out.toLowerCase()).toContain('jinja2-3.1.6');
    expect(await plan()).toMatchObject({ upgrades: [], left: [], patch: null });
  });

  test('of go.mod and go.sum is built by Go', { timeout: 120_000 }, async (ctx) => {
    await reaches(ctx, 'https://proxy.golang.org/golang.org/x/text/@v/v0.3.8.mod');
    needs(ctx, 'go', 'version');
    const { dir, plan } = await project('go', {
      'go.mod': 'module example.com/demo\n\ngo 1.20\n\nrequire golang.org/x/text v0.3.7\n',
      'go.sum':
        'golang.org/x/text v0.3.7 h1:olpwvP2KacW1ZWvsR7uQhoyTYvKAupfQrRGBFM352Gk=\ngolang.org/x/text v0.3.7/go.mod h1:u+2+/6zg+i71rQMx5EYifcz6MCKuco9NR6JIITiCfzQ=\n',
      'main.go':
        'package main\n\nimport "golang.org/x/text/language"\n\nfunc main() { println(language.English.String()) }\n',
    });
    const before = await plan();
    expect(before.upgrades).toMatchObject([{ name: 'golang.org/x/text', to: 'v0.3.8', change: 'patch', direct: true }]);
    await apply(dir, before.patch);
    for (const args of [
      ['list', '-m', 'all'],
      ['mod', 'download'],
      ['mod', 'verify'],
      ['vet', '.'],
    ]) {
      const ran = run(dir, 'go', ...args);
      expect(ran.ok, `go ${args.join(' ')}: ${ran.problem}`).toBe(true);
    }
    expect(await plan()).toMatchObject({ upgrades: [], left: [], patch: null });
  });
});

async function hashesOf(name: string, version: string): Promise<string[]> {
  const answer = await fetch(`https://pypi.org/simple/${name}/`, {
    headers: { accept: 'application/vnd.pypi.simple.v1+json' },
  });
  const { files } = (await answer.json()) as { files: { filename: string; hashes: { sha256: string } }[] };
  return files
    .filter(({ filename }) => filename.toLowerCase().startsWith(`${name}-${version}`))
    .map(({ hashes }) => hashes.sha256)
    .sort();
}

test('an image is planned for by the lock file in it, and stays as it is', async () => {
  const scenario = await Scenario.make([], []);
  try {
    const { source, manifest } = await scenario.over(await scenario.image([]), {
      '/srv/requirements.txt': 'jinja2==3.1.2\n',
    });
    await copyGraph(source, await createLayout(join(home.dir, 'images')), manifest.digest, {
      tag: '1',
      referrers: false,
    });
    const ran = await home.run(['fix-plan', 'oci:images:1', '--db', 'db', '--offline', '--json']);
    const plan = FixPlan.parse(JSON.parse(ran.out));
    expect(plan).toMatchObject({
      digest: manifest.digest,
      upgrades: [{ name: 'jinja2', to: '3.1.6', change: 'patch', files: ['srv/requirements.txt'] }],
      left: [],
    });
    expect(plan.patch).toContain('+++ b/srv/requirements.txt\n');
    expect((await (await openLayout(join(home.dir, 'images'))).manifest('1')).digest).toBe(manifest.digest);
  } finally {
    await scenario.close();
  }
});

describe('the command', () => {
  test('prints the patch alone, writes it to a file, and reads as text', async () => {
    const { dir } = await project('maven', {
      'requirements.txt': 'jinja2==3.1.2\n',
    });
    const offline = (...more: string[]) => home.run(['fix-plan', 'dir:maven', '--db', 'db', '--offline', ...more]);
    const { out } = await offline('--patch');
    expect(out).toBe(
      'diff --git a/requirements.txt b/requirements.txt\n--- a/requirements.txt\n+++ b/requirements.txt\n@@ -1,1 +1,1 @@\n-jinja2==3.1.2\n+jinja2==3.1.6\n',
    );
    expect((await offline('--output', 'maven/fix.patch')).out).toContain('jinja2   3.1.2  3.1.6  2       patch');
    expect(await readFile(join(dir, 'fix.patch'), 'utf8')).toBe(out);
  });

  test.for([
    ['a registry that is none', ['dir:.', '--registry', 'ftp:x'], '--registry takes a URL'],
    ['a reference, offline', ['a/b:1', '--offline'], '--offline asks none'],
    ['a folder that is none', ['dir:gone'], 'is no folder'],
  ] as const)('%s is refused', async ([, argv, message]) => {
    const ran = await home.run(['fix-plan', ...argv]);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.notes).toContain(message);
  });
});
