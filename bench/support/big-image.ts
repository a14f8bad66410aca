/** A large image as people have them: a thousand Debian packages, and applications of four languages, in five layers. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from '@pratique/compose';
import { copyGraph, createLayout } from '@pratique/oci';
import { addGo } from '../recall/payloads.ts';
import { CACHE, runProgram } from '../recall/run-program.ts';
import { writeLayout } from '../recall/write-layout.ts';

/** What pulls in several hundred packages each: the tool of Node with all its modules, a JDK, compilers, TeX, media. */
const PACKAGES = [
  'npm',
  'default-jdk-headless',
  'build-essential',
  'golang-go',
  'git',
  'postgresql',
  'nginx',
  'redis-server',
  'ffmpeg',
  'imagemagick',
  'python3-scipy',
  'ruby-rails',
  'texlive-latex-base',
  'clang',
];
const NODE = { webpack: '5.90.0', eslint: '8.56.0', jest: '29.7.0', express: '4.18.2' };
const PYTHON = ['pandas==2.1.4', 'scikit-learn==1.3.2', 'Django==4.2.8', 'notebook==6.5.6', 'boto3==1.34.0'];
const JAVA = [
  'org.springframework.boot:spring-boot-starter-web:2.7.18',
  'org.springframework.boot:spring-boot-starter-data-jpa:2.7.18',
  'org.apache.kafka:kafka-clients:3.6.1',
  'org.elasticsearch:elasticsearch:7.17.16',
];

/** Built once, in the cache. @returns its layout @throws CoverageError where a source or tool is not to be had */
export async function bigImage(note: (text: string) => void): Promise<string> {
  const recipe = createHash('sha256').update(await readFile(import.meta.filename));
  const layout = join(CACHE, 'bench', `big-${recipe.digest('hex').slice(0, 12)}`);
  if (existsSync(join(layout, 'index.json'))) return layout;
  note('building the large image (some minutes, once)');
  const work = await mkdtemp(join(tmpdir(), 'pratique-big-'));
  try {
    const part = `${layout}.part`;
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true });
    await composeBase(part);
    const layers = ['node', 'python', 'java', 'go'].map((name) => join(work, name));
    const [node = '', python = '', java = '', go = ''] = layers;
    await addNodeModules(node);
    await addSitePackages(python);
    await addJars(java);
    await addGo(go, 'usr/local/bin');
    await writeLayout(part, layers);
    await rename(part, layout);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return layout;
}

async function composeBase(layout: string): Promise<void> {
  const image = await compose(
    { suite: 'bookworm', security: true, include: PACKAGES },
    { fetch: globalThis.fetch, cacheDir: join(CACHE, 'archive'), now: () => new Date() },
  );
  try {
    const sink = await createLayout(layout);
    await copyGraph(image.source, sink, image.manifest.digest, { tag: 'latest', referrers: false });
  } finally {
    await image.close();
  }
}

async function addNodeModules(root: string): Promise<void> {
  const cwd = join(root, 'srv', 'web');
  await mkdir(cwd, { recursive: true });
  await writeFile(join(cwd, 'package.json'), JSON.stringify({ name: 'web', version: '1.0.0', dependencies: NODE }));
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await runProgram('npm', ['install', ...quiet], { cwd, needs: 'npm and its registry' });
}

async function addSitePackages(root: string): Promise<void> {
  const target = join(root, 'usr', 'local', 'lib', 'python3.11', 'dist-packages');
  const options = ['--no-compile', '--disable-pip-version-check', '--quiet', '--target', target];
  await runProgram('python3', ['-m', 'pip', 'install', ...options, ...PYTHON], {
    needs: 'Python with pip and its index',
  });
}

async function addJars(root: string): Promise<void> {
  const folder = join(root, 'opt', 'shop', 'lib');
  await mkdir(folder, { recursive: true });
  const dependencies = JAVA.map((coordinates) => {
    const [group = '', artifact = '', version = ''] = coordinates.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  });
  const pom = join(folder, 'pom.xml');
  await writeFile(
    pom,
    `<project><modelVersion>4.0.0</modelVersion><groupId>shop.example</groupId><artifactId>big</artifactId><version>1</version><dependencies>${dependencies.join('')}</dependencies></project>`,
  );
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
  await runProgram('mvn', ['-B', '-q', goal, `-DoutputDirectory=${folder}`], {
    needs: 'Maven and the central repository',
    cwd: folder,
  });
  await rm(pom);
}
