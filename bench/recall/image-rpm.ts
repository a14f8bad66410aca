/** A distribution of rpm: rpmbuild makes packages of real names and versions, rpm installs them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addPython } from './payloads.ts';
import { runProgram } from './run-program.ts';
import { writeLayout } from './write-layout.ts';

type Source = {
  name: string;
  version: string;
  release: string;
  epoch?: number;
  /** Packages that it builds; its own name alone where there is none. */
  builds?: readonly string[];
  module?: string;
  files?: readonly [path: string, content: string][];
};

/** As AlmaLinux 9.3 had them. */
const SOURCES: readonly Source[] = [
  { name: 'bash', version: '5.1.8', release: '6.el9_1' },
  { name: 'glibc', version: '2.34', release: '60.el9', builds: ['glibc', 'glibc-common', 'glibc-minimal-langpack'] },
  { name: 'openssl', version: '3.0.7', release: '24.el9', epoch: 1, builds: ['openssl', 'openssl-libs'] },
  { name: 'curl', version: '7.76.1', release: '26.el9', builds: ['curl', 'libcurl'] },
  { name: 'systemd', version: '252', release: '13.el9_2', builds: ['systemd', 'systemd-libs'] },
  { name: 'zlib', version: '1.2.11', release: '40.el9' },
  { name: 'expat', version: '2.5.0', release: '1.el9' },
  { name: 'libxml2', version: '2.9.13', release: '3.el9_1' },
  { name: 'sqlite', version: '3.34.1', release: '6.el9_1', builds: ['sqlite', 'sqlite-libs'] },
  { name: 'krb5', version: '1.20.1', release: '8.el9', builds: ['krb5-libs'] },
  { name: 'gnutls', version: '3.7.6', release: '20.el9_2' },
  { name: 'dbus', version: '1.12.20', release: '7.el9_1', epoch: 1, builds: ['dbus', 'dbus-libs'] },
  { name: 'vim', version: '8.2.2637', release: '20.el9_1', epoch: 2, builds: ['vim-minimal'] },
  { name: 'rpm', version: '4.16.1.3', release: '22.el9', builds: ['rpm', 'rpm-libs'] },
  { name: 'python3.9', version: '3.9.16', release: '1.el9_2.1', builds: ['python3', 'python3-libs'] },
  {
    name: 'python-requests',
    version: '2.25.1',
    release: '6.el9',
    builds: ['python3-requests'],
    files: [
      [
        'usr/lib/python3.9/site-packages/requests-2.25.1-py3.9.egg-info/PKG-INFO',
        'Metadata-Version: 2.1\nName: requests\nVersion: 2.25.1\nLicense: Apache 2.0\n',
      ],
    ],
  },
  {
    name: 'nodejs',
    version: '18.17.1',
    release: '1.module_el9.2.0+36+853e48f5',
    epoch: 1,
    module: 'nodejs:18:9020020230825081254:rhel9',
  },
  { name: 'kernel', version: '5.14.0', release: '362.8.1.el9_3', builds: ['kernel-headers'] },
  { name: 'almalinux-release', version: '9.3', release: '1.el9' },
  { name: 'gpg-pubkey', version: 'b86b3716', release: '61e69f29' },
];

const OS_RELEASE =
  'NAME="AlmaLinux"\nVERSION="9.3 (Shamrock Pampas Cat)"\nID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.3"\nPLATFORM_ID="platform:el9"\nPRETTY_NAME="AlmaLinux 9.3 (Shamrock Pampas Cat)"\nCPE_NAME="cpe:/o:almalinux:almalinux:9::baseos"\n';

export async function buildRpm(layout: string, work: string): Promise<void> {
  const system = join(work, 'system');
  const top = join(work, 'rpmbuild');
  await mkdir(join(system, 'etc'), { recursive: true });
  await writeFile(join(system, 'etc', 'os-release'), OS_RELEASE);
  await mkdir(top);
  const needs = 'rpm and rpmbuild';
  for (const source of SOURCES) {
    const spec = join(top, `${source.name}.spec`);
    await writeFile(spec, specOf(source));
    await runProgram('rpmbuild', ['-bb', '--quiet', '--nodeps', '--define', `_topdir ${top}`, spec], { needs });
  }
  const settled = ['--root', system, '--define', '_db_backend sqlite', '--define', '_dbpath /var/lib/rpm'];
  await runProgram('rpm', [...settled, '--initdb'], { needs });
  const built = await runProgram('find', [join(top, 'RPMS'), '-name', '*.rpm']);
  const rpms = built.trim().split('\n').sort();
  await runProgram('rpm', [...settled, '-i', '--nodeps', '--noscripts', '--nosignature', ...rpms], { needs });
  const root = join(work, 'root');
  await addPython(root, 'usr/local/lib/python3.9/site-packages');
  await writeLayout(layout, [system, root]);
}

/** A package of one empty file each, and what `files` says. */
function specOf(source: Source): string {
  const builds = source.builds ?? [source.name];
  const epoch = source.epoch === undefined ? '' : `Epoch: ${source.epoch}\n`;
  const label = source.module === undefined ? '' : `ModularityLabel: ${source.module}\n`;
  const header = `Name: ${source.name}\nVersion: ${source.version}\nRelease: ${source.release}\n${epoch}${label}Summary: ${source.name}\nLicense: MIT\nVendor: AlmaLinux\nBuildArch: x86_64\nAutoReqProv: no\n`;
  const more = builds.map((name) => `%package -n ${name}\nSummary: ${name}\n%description -n ${name}\n${name}.\n`);
  const install = [
    'mkdir -p %{buildroot}/usr/share/doc',
    ...builds.map((name) => `echo ${name} > %{buildroot}/usr/share/doc/${name}.txt`),
    ...(source.files ?? []).map(
      ([path, content]) =>
        `mkdir -p $(dirname %{buildroot}/${path})\nprintf '${content.replaceAll('\n', '\\n')}' > %{buildroot}/${path}`,
    ),
  ];
  const files = builds.map((name, at) => {
    const own = at === 0 ? (source.files ?? []).map(([path]) => `/${path}\n`).join('') : '';
    return `%files${name === source.name ? '' : ` -n ${name}`}\n/usr/share/doc/${name}.txt\n${own}`;
  });
  const named = more.filter((_, at) => builds[at] !== source.name);
  return `${header}%description\n${source.name}.\n${named.join('')}%install\n${install.join('\n')}\n${files.join('')}`;
}
