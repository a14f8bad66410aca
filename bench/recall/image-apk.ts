/** A distribution of apk: its database as the documentation says it is written; no apk is called. @see Alpine wiki, "Apk spec" */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { addNode, addPython } from './payloads.ts';
import { writeLayout } from './write-layout.ts';

type Apk = { name: string; version: string; origin?: string; files?: readonly [path: string, content: string][] };

const python = 'usr/lib/python3.11/site-packages';
const npm = 'usr/lib/node_modules/npm';

/** As Alpine 3.18.3 had them. */
const PACKAGES: readonly Apk[] = [
  { name: 'alpine-baselayout', version: '3.4.3-r1' },
  { name: 'alpine-keys', version: '2.4-r1' },
  { name: 'apk-tools', version: '2.14.0-r2' },
  { name: 'busybox', version: '1.36.1-r2' },
  { name: 'busybox-binsh', version: '1.36.1-r2', origin: 'busybox' },
  { name: 'ssl_client', version: '1.36.1-r2', origin: 'busybox' },
  { name: 'ca-certificates-bundle', version: '20230506-r0', origin: 'ca-certificates' },
  { name: 'musl', version: '1.2.4-r1' },
  { name: 'musl-utils', version: '1.2.4-r1', origin: 'musl' },
  { name: 'libcrypto3', version: '3.1.2-r0', origin: 'openssl' },
  { name: 'libssl3', version: '3.1.2-r0', origin: 'openssl' },
  { name: 'zlib', version: '1.2.13-r1' },
  { name: 'libxml2', version: '2.11.4-r0' },
  { name: 'curl', version: '8.2.1-r0' },
  { name: 'libcurl', version: '8.2.1-r0', origin: 'curl' },
  { name: 'nghttp2-libs', version: '1.55.1-r0', origin: 'nghttp2' },
  { name: 'nodejs', version: '18.17.0-r0' },
  {
    name: 'npm',
    version: '9.6.6-r0',
    files: [
      [`${npm}/package.json`, '{"name":"npm","version":"9.6.6","license":"Artistic-2.0"}'],
      [`${npm}/node_modules/semver/package.json`, '{"name":"semver","version":"7.5.1","license":"ISC"}'],
    ],
  },
  { name: 'python3', version: '3.11.4-r0' },
  {
    name: 'py3-certifi',
    version: '2022.12.7-r1',
    files: [
      [`${python}/certifi-2022.12.7.dist-info/METADATA`, 'Metadata-Version: 2.1\nName: certifi\nVersion: 2022.12.7\n'],
    ],
  },
  { name: 'linux-headers', version: '6.3-r0' },
  { name: 'scanelf', version: '1.3.7-r1', origin: 'pax-utils' },
  { name: '.build-deps', version: '20230901.101112' },
];

const OS_RELEASE =
  'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.18.3\nPRETTY_NAME="Alpine Linux v3.18"\nHOME_URL="https://alpinelinux.org/"\n';

export async function buildApk(layout: string, work: string): Promise<void> {
  const system = join(work, 'system');
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(system, path)), { recursive: true });
    await writeFile(join(system, path), content);
  };
  await write('etc/os-release', OS_RELEASE);
  await write('etc/alpine-release', '3.18.3\n');
  await write('etc/apk/world', 'alpine-baselayout\nnpm\npython3\n');
  await write('etc/apk/repositories', 'https://dl-cdn.alpinelinux.org/alpine/v3.18/main\n');
  for (const each of PACKAGES) for (const [path, content] of filesOf(each)) await write(path, content);
  await write('lib/apk/db/installed', PACKAGES.map(recordOf).join(''));
  const root = join(work, 'root');
  await addNode(root, 'srv/web');
  await addPython(root, 'usr/local/lib/python3.11/site-packages');
  await writeLayout(layout, [system, root]);
}

const filesOf = (each: Apk): readonly [string, string][] =>
  each.files ?? [[`usr/share/doc/${each.name}/README`, `${each.name}\n`]];

function recordOf(each: Apk): string {
  const files = filesOf(each).map(([path]) => `F:${dirname(path)}\nR:${path.slice(path.lastIndexOf('/') + 1)}\n`);
  const virtual = each.name.startsWith('.');
  const sum = Buffer.from(each.name.padEnd(20, '.').slice(0, 20)).toString('base64');
  const origin = virtual
    ? ''
    : `o:${each.origin ?? each.name}\nm:Natanael Copa <ncopa@alpinelinux.org>\nt:1689999999\n`;
  return `C:Q1${sum}\nP:${each.name}\nV:${each.version}\nA:x86_64\nS:1000\nI:4096\nT:${each.name}\nU:https://alpinelinux.org/\nL:MIT\n${origin}${virtual ? '' : files.join('')}\n`;
}
