/** From findings and lock files to the least change; registries answer from memory. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FixPlan, type Package } from '@pratique/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importAdvisories } from '../advisories/import.ts';
import { type AdvisoryStore, openAdvisoryStore } from '../advisories/store.ts';
import { parsePackageLock } from '../catalogers/npm/package-lock.ts';
import { matchInventory } from '../match.ts';
import { packageOf } from '../package.fixture.ts';
import { commandOf } from './group.ts';
import { planFixes } from './plan-fixes.ts';
import type { RegistryOptions } from './registries.ts';

const root = mkdtempSync(join(tmpdir(), 'fix-plan-'));
let store: AdvisoryStore;

const affects = (id: string, ecosystem: string, name: string, ...bounds: [string, string | null][]) => ({
  id,
  affected: [
    {
      package: { ecosystem, name },
      ranges: bounds.map(([introduced, fixed]) => ({
        type: 'ECOSYSTEM',
        events: [{ introduced }, ...(fixed === null ? [] : [{ fixed }])],
      })),
    },
  ],
});

beforeAll(async () => {
  const feed = join(root, 'feed.json');
  writeFileSync(
    feed,
    JSON.stringify([
      affects('CVE-2026-1001', 'npm', 'leaf', ['0', '1.2.0'], ['2.0.0', '2.0.1']),
      affects('CVE-2026-1002', 'npm', 'leaf', ['0', '1.3.0']),
      affects('CVE-2026-1003', 'npm', 'leaf', ['1.3.0', '1.3.1']),
      affects('CVE-2026-1004', 'npm', 'late', ['0', '2.0.0']),
      affects('CVE-2026-1005', 'npm', 'open', ['0', null]),
      affects('CVE-2026-1006', 'PyPI', 'snake', ['0', '1.5']),
      affects('CVE-2026-1007', 'Maven', 'org.x:jar', ['0', '1.1']),
      affects('CVE-2026-1009', 'Maven', 'org.x:zip', ['0', '1.2']),
      affects('CVE-2026-1008', 'crates.io', 'crate', ['0', '1.1.0']),
    ]),
  );
  await importAdvisories(join(root, 'store'), 'osv', feed);
  store = await openAdvisoryStore(join(root, 'store'));
});
afterAll(() => {
  store.close();
  rmSync(root, { recursive: true, force: true });
});

/** Versions of npm packages, with what each needs. */
const NPM: Record<string, Record<string, { dependencies?: Record<string, string>; deprecated?: string }>> = {
  leaf: {
    '1.1.0': {},
    '1.2.0beta': {},
    '1.2.0': {},
    '1.3.0': {},
    '1.3.1': {},
    '1.4.0': { dependencies: { fresh: '^1.0.0' } },
    '2.0.0': {},
    '2.0.1': {},
  },
  late: { '1.0.0': {}, '2.0.0': {}, '2.1.0': {} },
  parent: { '1.0.0': { dependencies: { leaf: '~1.1.0' } }, '1.1.0': { dependencies: { leaf: '^1.1.0' } } },
  open: { '1.0.0': {}, '1.0.1': {} },
};
const WHEELS = { snake: ['1.0', '1.5', '1.6'], charmer: ['1.0'] } as const;

const registries: RegistryOptions = {
  fetch: (input) => Promise.resolve(answer(input instanceof Request ? input.url : input.toString())),
  npm: { url: 'https://npm.example', scopes: {}, authorization: () => null },
  pypi: 'https://pypi.example/simple',
  goProxies: [],
};

function answer(url: string): Response {
  const { host, pathname } = new URL(url);
  const name = pathname.split('/').filter(Boolean).at(-1) ?? '';
  const npm = host === 'npm.example' ? NPM[name] : undefined;
  if (npm) {
    const versions = Object.entries(npm).map(([version, more]) => [
      version,
      {
        name,
        version,
        ...more,
        dist: { tarball: `https://npm.example/${name}-${version}.tgz`, integrity: integrity(name, version) },
      },
    ]);
    return Response.json({ versions: Object.fromEntries(versions) });
  }
  const wheels = host === 'pypi.example' ? WHEELS[name as keyof typeof WHEELS] : undefined;
  if (wheels)
    return Response.json({
      files: wheels.map((version) => ({
        filename: `${name}-${version}-py3-none-any.whl`,
        url: `https://pypi.example/${name}-${version}-py3-none-any.whl`,
        hashes: { sha256: sha256(`${name}${version}`) },
        'core-metadata': true,
      })),
    });
  if (pathname.endsWith('.metadata'))
    return new Response(`Name: x\n${pathname.includes('charmer') ? 'Requires-Dist: snake (<1.6,>=1)\n' : ''}\nText`);
  return new Response('', { status: 404 });
}
const integrity = (name: string, version: string) =>
  `sha512-${createHash('sha512').update(`${name}@${version}`).digest('base64')}`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

async function plan(files: Record<string, string>, packages: Package[], offline = false) {
  const { findings } = matchInventory({ revision: 0, distribution: null, packages, files: [], missing: [] }, store);
  const made = await planFixes({
    subject: 'dir:.',
    digest: null,
    packages,
    findings,
    store,
    project: {
      list: () => Promise.resolve(Object.keys(files).sort()),
      read: (path) => Promise.resolve(files[path] ?? null),
    },
    isSource: true,
    registries: offline ? null : registries,
  });
  return FixPlan.parse(made);
}

const brief = ({ upgrades, left }: FixPlan) => [
  ...upgrades.map((one) => `${one.name} ${one.from} -> ${one.to} ${one.change}: ${one.clears.join(' ')}`),
  ...left.map((one) => `${one.package} ${one.id} ${one.reason} ${one.offered?.version ?? '-'}`),
];

/** The same tree in each of npm's versions: a project that needs `parent`, which needs `leaf`. */
function lockOf(version: 1 | 2 | 3, range: string, direct: Record<string, string> = {}, nested = false): string {
  const at = nested ? 'node_modules/parent/node_modules/leaf' : 'node_modules/leaf';
  const leaf = { version: '1.1.0', resolved: 'https://npm.example/old.tgz', integrity: 'sha512-AAAA' };
  const parent = { version: '1.0.0', resolved: 'https://npm.example/p.tgz', integrity: 'sha512-BBBB' };
  const packages = {
    '': { name: 'x', version: '1.0.0', dependencies: { parent: '^1.0.0', ...direct } },
    'node_modules/parent': { ...parent, dependencies: { leaf: range } },
    [at]: leaf,
  };
  const dependencies = {
    ...(nested ? {} : { leaf }),
    parent: { ...parent, requires: { leaf: range }, ...(nested ? { dependencies: { leaf } } : {}) },
  };
  const lock = {
    name: 'x',
    version: '1.0.0',
    lockfileVersion: version,
    requires: true,
    ...(version > 1 ? { packages } : {}),
    ...(version < 3 ? { dependencies } : {}),
  };
  return `${JSON.stringify(lock, null, 2)}\n`;
}
const manifestOf = (direct: Record<string, string> = {}) =>
  `${JSON.stringify({ name: 'x', dependencies: { parent: '^1.0.0', ...direct } }, null, 2)}\n`;
const LEAF = packageOf('npm', 'leaf', '1.1.0', { paths: ['package-lock.json'] });

/** Takes the lines that a patch adds and puts them in place of what it takes away. */
const added = (patch: string | null, mark = '+') =>
  (patch ?? '').split('\n').filter((line) => line.startsWith(mark) && !line.startsWith(mark.repeat(3)));

describe('npm', () => {
  test.for([1, 2, 3] as const)(
    'a lock file of version %i has the smallest version that nothing affects',
    async (version) => {
      for (const nested of [false, true]) {
        const lock = lockOf(version, '^1.1.0', {}, nested);
        const made = await plan({ 'package-lock.json': lock, 'package.json': manifestOf() }, [LEAF]);
        expect(brief(made)).toEqual(['leaf 1.1.0 -> 1.3.1 patch: CVE-2026-1001 CVE-2026-1002']);
        const count = version === 2 ? 2 : 1;
        const changes = [
          '"version": "1.3.1",',
          '"resolved": "https://npm.example/leaf-1.3.1.tgz",',
          `"integrity": "${integrity('leaf', '1.3.1')}"`,
        ];
        expect(added(made.patch).map((line) => line.slice(1).trim())).toEqual(
          Array.from({ length: count }, () => changes).flat(),
        );
        expect(parsePackageLock(Buffer.from(lock))?.packages).toHaveLength(2);
      }
    },
  );

  test('a parent that does not take the fix is named, with its own version that does, and an override is offered', async () => {
    const made = await plan({ 'package-lock.json': lockOf(3, '~1.1.0'), 'package.json': manifestOf() }, [LEAF]);
    expect(made.patch).toBeNull();
    expect(brief(made)).toEqual(['leaf CVE-2026-1001 parent-range 1.3.1', 'leaf CVE-2026-1002 parent-range 1.3.1']);
    expect(made.left[0]?.detail).toContain('parent 1.0.0 takes ~1.1.0 only; parent 1.1.0 needs none with it');
    expect(made.left[0]?.offered?.commands).toEqual(["npm pkg set 'overrides[leaf]=1.3.1'", 'npm install']);
  });

  test('what the project itself asks for exactly is raised in package.json too', async () => {
    const direct = { leaf: '1.1.0' };
    const made = await plan({ 'package-lock.json': lockOf(3, '^1.0.0', direct), 'package.json': manifestOf(direct) }, [
      LEAF,
    ]);
    expect(made.upgrades).toMatchObject([{ direct: true, files: ['package-lock.json', 'package.json'] }]);
    expect(added(made.patch).filter((line) => line.includes('"leaf": "1.3.1"'))).toHaveLength(2);
    expect(made.upgrades[0]?.commands).toEqual(['npm install leaf@1.3.1']);
  });

  test.for([
    ['nobody may be asked', lockOf(3, '^1.0.0'), true, 'the registry was not to be asked'],
    [
      'the file is not in npm’s own form',
      lockOf(3, '^1.0.0').replace('"requires": true', '"requires":  true'),
      false,
      'not written as npm',
    ],
  ] as const)('where %s a command is given, and no patch', async ([, lock, offline, why]) => {
    const made = await plan({ 'package-lock.json': lock, 'package.json': manifestOf() }, [LEAF], offline);
    expect(made.patch).toBeNull();
    expect(made.upgrades).toMatchObject([
      { change: 'command', to: '1.3.1', commands: ['npm update leaf'], notes: [expect.stringContaining(why)] },
    ]);
  });

  test('what lies inside another package, has no fix, or one in another major stays', async () => {
    const bundled = lockOf(3, '^1.0.0', {}, true).replace(
      '"version": "1.1.0",',
      '"version": "1.1.0",\n      "inBundle": true,',
    );
    const packages = [
      LEAF,
      packageOf('npm', 'late', '1.0.0', { paths: ['other/node_modules/late/package.json'] }),
      packageOf('npm', 'open', '1.0.0', { paths: ['other/node_modules/open/package.json'] }),
      packageOf('cargo', 'crate', '1.0.0', { paths: ['Cargo.lock'] }),
    ];
    const made = await plan({ 'package-lock.json': bundled, 'package.json': manifestOf() }, packages);
    expect(brief(made).sort()).toEqual([
      'crate CVE-2026-1008 unsupported-ecosystem -',
      'late CVE-2026-1004 other-major 2.0.0',
      'leaf CVE-2026-1001 bundled -',
      'leaf CVE-2026-1002 bundled -',
      'open CVE-2026-1005 no-fix -',
    ]);
    expect(made.left.find(({ id }) => id === 'CVE-2026-1001')?.detail).toContain('parent 1.0.0');
  });

  test('a name that a shell would run is quoted', () => {
    expect(commandOf('npm', 'install', "late;$(touch x)'@1")).toBe("npm install 'late;$(touch x)'\\''@1'");
  });
});

describe('Python', () => {
  const SNAKE = packageOf('pypi', 'snake', '1.0', { paths: ['requirements.txt'] });

  test('pins with hashes get those of all files of the new version', async () => {
    const hash = (text: string) => `--hash=sha256:${sha256(text)}`;
    const text = `snake==1.0 \\\n    ${hash('a')} \\\n    ${hash('b')}\n    # via x\ncharmer==1.0 ${hash('c')}\n`;
    const made = await plan({ 'requirements.txt': text }, [SNAKE]);
    expect(brief(made)).toEqual(['snake 1.0 -> 1.5 patch: CVE-2026-1006']);
    expect(added(made.patch)).toEqual(['+snake==1.5 \\', `+    ${hash('snake1.5')}`]);
    expect(added(made.patch, '-')).toHaveLength(3);
    expect((await plan({ 'requirements.txt': text }, [SNAKE], true)).patch).toBeNull();
  });

  test('Pipfile.lock is changed in its own form, unless Pipfile asks for another version', async () => {
    const lock = `${JSON.stringify({ _meta: {}, default: { snake: { hashes: ['sha256:aa'], version: '==1.0' } } }, null, 4)}\n`;
    const packages = [{ ...SNAKE, paths: ['Pipfile.lock'] }];
    const made = await plan({ 'Pipfile.lock': lock, Pipfile: '[packages]\nsnake = "*"\n' }, packages);
    expect(added(made.patch)).toEqual([
      `+                "sha256:${sha256('snake1.5')}"`,
      '+            "version": "==1.5"',
    ]);
    const fixed = await plan({ 'Pipfile.lock': lock, Pipfile: '[packages]\nsnake = "==1.0"\n' }, packages);
    expect(fixed).toMatchObject({
      patch: null,
      upgrades: [{ notes: [expect.stringContaining('Pipfile asks for ==1.0')] }],
    });
  });

  test.for([
    ['requirements.txt', `snake==1.0\nx${' '.repeat(200_000)}\n`],
    ['Pipfile.lock', `{ "_meta": {}, "a": ${'\n'.repeat(200_000)} 1 }`],
    ['pom.xml', `<project><dependencies>${'<dependency><groupId>a</groupId></dependency>'.repeat(40_000)}`],
  ])('a hostile %s is read in linear time', async ([path, text]) => {
    const made = await plan({ [path ?? '']: text ?? '' }, [SNAKE], true);
    expect(made.upgrades.map(({ to }) => to)).toEqual(['1.5']);
  });

  test('a lock file of another tool is given its command', async () => {
    const made = await plan({ 'uv.lock': '' }, [{ ...SNAKE, paths: ['uv.lock'] }]);
    expect(made.upgrades).toMatchObject([{ change: 'command', commands: ['uv lock --upgrade-package snake==1.5'] }]);
  });
});

describe('Maven', () => {
  const pom = (version: string, more = '') =>
    `<project>\r\n <!-- <version>1.0</version> -->\r\n${more}<dependencies><dependency><groupId>org.x</groupId><artifactId>jar</artifactId>\r\n<version> ${version} </version></dependency></dependencies></project>`;

  test.for([
    ['a version', pom('1.0'), pom('1.1')],
    [
      'a property',
      pom('${v}', '<properties><v>1.0</v></properties>'),
      pom('${v}', '<properties><v>1.1</v></properties>'),
    ],
  ] as const)('%s is changed where it stands, and nothing else', async ([, before, after]) => {
    const made = await plan({ 'a/pom.xml': before }, []);
    expect(brief(made)).toEqual(['org.x:jar 1.0 -> 1.1 patch: CVE-2026-1007']);
    const { unifiedDiff } = await import('./unified-diff.ts');
    expect(made.patch).toBe(unifiedDiff('a/pom.xml', before, after));
  });

  test('a property that several share is raised once, as far as the last of them needs', async () => {
    const dependency = (artifact: string) =>
      `<dependency><groupId>org.x</groupId><artifactId>${artifact}</artifactId><version>\${v}</version></dependency>`;
    const text = (version: string) =>
      `<project><properties><v>${version}</v></properties><dependencies>${dependency('jar')}${dependency('zip')}</dependencies></project>`;
    const made = await plan({ 'pom.xml': text('1.0') }, []);
    expect(brief(made)).toEqual([
      'org.x:jar 1.0 -> 1.1 patch: CVE-2026-1007',
      'org.x:zip 1.0 -> 1.2 patch: CVE-2026-1009',
    ]);
    expect(added(made.patch)).toEqual([`+${text('1.2')}`]);
  });

  test('what is shaded into another jar, or lies in one, is said', async () => {
    const at = (path: string) => packageOf('maven', 'org.x:jar', '1.0', { paths: [path] });
    const shaded = await plan({}, [at('app.jar!/META-INF/maven/org.x/jar/pom.properties')]);
    expect(brief(shaded)).toEqual(['org.x:jar CVE-2026-1007 shaded 1.1']);
    const nested = await plan({}, [at('app.jar!/BOOT-INF/lib/jar-1.0.jar')]);
    expect(nested.upgrades).toMatchObject([
      { change: 'command', notes: [expect.stringContaining('it lies in app.jar')] },
    ]);
  });
});
