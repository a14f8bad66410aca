/** For each check an image that fails it and one that comes close and passes. */
import type { Inventory, Package } from '@pratique/contract';
import { ImageTree, type NodeKind } from '@pratique/oci/layers/tree';
import type { BaselineSubject } from './facts.ts';

export const NOW = new Date('2026-11-22T12:00:00Z');

export type Entry = { path: string; content?: string; mode?: number; kind?: NodeKind };
export type Image = {
  config?: object;
  steps?: readonly string[];
  created?: string;
  files?: readonly Entry[];
  packages?: readonly { name: string; architecture: string }[];
  distribution?: readonly [id: string, version: string];
};
export type Case = { id: string; fails: Image; passes: Image };

/** A tree of these files, each content kept. */
export function treeOf(entries: readonly Entry[]): ImageTree {
  const tree = new ImageTree();
  for (const { path, content = 'x', mode = 0o644, kind = 'file' } of entries) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    const directory = tree.ensureDirectory(parts, 0);
    if (!directory) throw new Error(`${path} cannot be made`);
    const size = kind === 'file' ? Buffer.byteLength(content) : 0;
    const node = tree.put(directory, name, { kind, mode, size, uid: 0, gid: 0, target: null, layer: 0 });
    if (kind === 'file') tree.keep(node, Buffer.from(content));
  }
  return tree;
}

export function subjectOf(image: Image): BaselineSubject {
  const packages = (image.packages ?? []).map(
    ({ name, architecture }): Package => ({
      name,
      version: '1',
      type: 'deb',
      purl: `pkg:deb/debian/${name}@1`,
      sourceName: name,
      sourceVersion: '1',
      architecture,
      owner: null,
      licenses: [],
      layer: null,
      paths: [],
    }),
  );
  const [id, version] = image.distribution ?? ['debian', '12'];
  const inventory: Inventory = {
    revision: 1,
    distribution: { id, version, codename: null, name: id },
    packages,
    files: [],
    missing: [],
  };
  const history = (image.steps ?? ['RUN true']).map((step) => ({ created_by: step }));
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created: image.created ?? '2026-11-01T00:00:00Z',
    history,
    config: image.config ?? {},
  };
  return { config, tree: treeOf(image.files ?? []), inventory, now: NOW };
}

const config = (id: string, fails: object, passes: object): Case => ({
  id,
  fails: { config: fails },
  passes: { config: passes },
});
const step = (id: string, fails: string, passes: string): Case => ({
  id,
  fails: { steps: [fails] },
  passes: { steps: [passes] },
});
const program = (id: string, fails: string, passes: string): Case => ({
  id,
  fails: { files: [{ path: fails, mode: 0o755 }] },
  passes: { files: [{ path: passes, mode: 0o755 }] },
});
const file = (id: string, fails: string, passes: string): Case => ({
  id,
  fails: { files: [{ path: fails }] },
  passes: { files: [{ path: passes }] },
});
const mode = (id: string, fails: Entry, passes: Entry): Case => ({
  id,
  fails: { files: [fails] },
  passes: { files: [passes] },
});
const text = (id: string, path: string, fails: string, passes: string): Case => ({
  id,
  fails: { files: [{ path, content: `${fails}\n` }] },
  passes: { files: [{ path, content: `${passes}\n` }] },
});
const RUN = 'RUN /bin/sh -c';

export const CASES: readonly Case[] = [
  config('user-is-root', { User: '0:0' }, { User: '10001' }),
  config('user-is-root', {}, { User: '1000:0' }),
  {
    id: 'user-is-root',
    fails: { config: { User: 'toor' }, files: [{ path: 'etc/passwd', content: 'toor:x:0:0::/:/bin/sh\n' }] },
    passes: { config: { User: 'app' }, files: [{ path: 'etc/passwd', content: 'app:x:1000:1000::/:/bin/sh\n' }] },
  },
  config('user-is-name', { User: 'app' }, { User: '1000' }),
  config('no-healthcheck', { Healthcheck: { Test: ['NONE'] } }, { Healthcheck: { Test: ['CMD', 'true'] } }),
  config('entrypoint-in-shell', { Entrypoint: ['/bin/sh', '-c', 'app'] }, { Entrypoint: ['/bin/sh', '/start.sh'] }),
  config('nothing-started', {}, { Cmd: ['bash'] }),
  config('port-privileged', { ExposedPorts: { '80/tcp': {} } }, { ExposedPorts: { '8080/tcp': {} } }),
  config('port-of-remote-login', { ExposedPorts: { '22/tcp': {} } }, { ExposedPorts: { '2022/tcp': {} } }),
  config(
    'environment-holds-secrets',
    { Env: ['DB_PASSWORD=x1'] },
    { Env: ['DB_PASSWORD_FILE=/run/secrets/db', 'PWD=/app', 'TOKEN='] },
  ),
  config('path-has-writable-folder', { Env: ['PATH=/usr/bin:.'] }, { Env: ['PATH=/usr/local/bin:/usr/bin'] }),
  config('loader-variables', { Env: ['LD_PRELOAD=/x.so'] }, { Env: ['LD_LIBRARY_PATH=/opt/lib'] }),
  config('stop-signal-kills', { StopSignal: 'SIGKILL' }, { StopSignal: 'SIGQUIT' }),
  config('workdir-relative', { WorkingDir: 'app' }, { WorkingDir: '/app' }),
  config('volume-of-system', { Volumes: { '/etc/app': {} } }, { Volumes: { '/var/lib/app': {} } }),
  config(
    'labels-missing',
    { Labels: { 'org.opencontainers.image.source': 'x' } },
    {
      Labels: {
        'org.opencontainers.image.source': 'x',
        'org.opencontainers.image.revision': 'y',
        'org.opencontainers.image.licenses': 'MIT',
      },
    },
  ),
  { id: 'created-in-future', fails: { created: '2030-01-01T00:00:00Z' }, passes: { created: '1970-01-01T00:00:00Z' } },
  config('onbuild-left', { OnBuild: ['RUN x'] }, { OnBuild: [] }),
  step('add-instead-of-copy', '/bin/sh -c #(nop) ADD file:abc in /app ', '/bin/sh -c #(nop) ADD file:abc in / '),
  step(
    'add-from-network',
    'ADD https://example.org/a.tar.gz /opt/ # buildkit',
    `ADD --checksum=sha256:${'a'.repeat(64)} https://example.org/a /opt/ # buildkit`,
  ),
  step(
    'update-alone',
    `${RUN} apt-get update # buildkit`,
    `${RUN} apt-get update && apt-get install -y curl # buildkit`,
  ),
  step('sudo-in-build', `${RUN} sudo make install # buildkit`, `${RUN} make pseudo install # buildkit`),
  step('chmod-for-all', `${RUN} chmod -R 777 /app # buildkit`, `${RUN} chmod -R 755 /app # buildkit`),
  step(
    'script-from-network',
    `${RUN} curl -fsSL https://example.org/x | bash # buildkit`,
    `${RUN} curl -fsSL https://example.org/x | tar -xz # buildkit`,
  ),
  step(
    'fetched-without-encryption',
    `${RUN} wget http://example.org/a # buildkit`,
    `${RUN} wget http://example.org/a && sha256sum -c a.sum # buildkit`,
  ),
  step('verification-switched-off', `${RUN} apk add --allow-untrusted x.apk # buildkit`, `${RUN} apk add x # buildkit`),
  step(
    'verification-switched-off',
    `${RUN} curl -sk https://example.org # buildkit`,
    `${RUN} curl -s https://example.org/k # buildkit`,
  ),
  step('secret-in-build', 'ARG NPM_TOKEN=abcdef', 'ARG NPM_TOKEN'),
  step(
    'secret-in-build',
    `${RUN} git clone https://u:hunter2@example.org/r # buildkit`,
    `${RUN} git clone https://example.org/r # buildkit`,
  ),
  config(
    'base-is-latest',
    { Labels: { 'org.opencontainers.image.base.name': 'debian:latest' } },
    { Labels: { 'org.opencontainers.image.base.name': 'docker.io/library/debian:12.1' } },
  ),
  step('maintainer-instruction', '/bin/sh -c #(nop)  MAINTAINER me', 'LABEL org.opencontainers.image.authors=me'),
  step('upgrade-of-all', `${RUN} do-release-upgrade # buildkit`, `${RUN} apt-get upgrade -y # buildkit`),
  mode('setuid-unknown', { path: 'opt/app/helper', mode: 0o4755 }, { path: 'usr/bin/su', mode: 0o4755 }),
  mode('setuid-any', { path: 'usr/bin/su', mode: 0o4755 }, { path: 'usr/bin/su', mode: 0o755 }),
  mode('world-writable-file', { path: 'app/x', mode: 0o666 }, { path: 'app/x', mode: 0o664 }),
  mode(
    'world-writable-folder',
    { path: 'data', mode: 0o777, kind: 'directory' },
    { path: 'tmp', mode: 0o1777, kind: 'directory' },
  ),
  mode('device-file', { path: 'opt/sda', kind: 'block-device' }, { path: 'dev/null', kind: 'character-device' }),
  program('package-manager-left', 'usr/bin/apt-get', 'usr/share/apt-get'),
  program('shell-left', 'bin/bash', 'usr/share/bash'),
  program('compiler-left', 'usr/bin/gcc-12', 'usr/bin/gccgo-tools'),
  program('network-tool-left', 'usr/bin/nc', 'usr/bin/nice'),
  program('debugger-left', 'usr/bin/gdb', 'usr/bin/gdbus'),
  program('remote-login-left', 'usr/sbin/sshd', 'usr/bin/ssh-add'),
  program('sudo-left', 'usr/bin/sudo', 'usr/bin/su'),
  file('private-key', 'app/tls/server.key', 'etc/apk/keys/alpine.rsa.pub.key'),
  file('credentials-file', 'root/.aws/credentials', 'usr/share/aws/credentials'),
  file('ssh-folder', 'root/.ssh/known_hosts', 'etc/ssh/ssh_config'),
  file('git-folder', 'app/.git/config', 'app/.gitignore'),
  file('shell-history', 'root/.bash_history', 'root/.bashrc'),
  file('core-dump', 'app/core.123', 'usr/lib/python3/core'),
  file('backup-file', 'app/config.bak', 'usr/share/x/a.old'),
  file('engine-socket', 'etc/docker/daemon.json', 'etc/docker/readme'),
  mode('password-files-open', { path: 'etc/passwd', mode: 0o666 }, { path: 'etc/shadow', mode: 0o640 }),
  mode(
    'home-readable',
    { path: 'home/app', mode: 0o755, kind: 'directory' },
    { path: 'home/app', mode: 0o750, kind: 'directory' },
  ),
  file('caches-left', 'var/lib/apt/lists/deb.debian.org_dists_bookworm_InRelease', 'var/lib/apt/lists/lock'),
  file('document-served-hidden', 'var/www/html/.env', 'var/www/html/.well-known/security.txt'),
  text('password-empty', 'etc/shadow', 'app::19000:0:99999:7:::', 'app:!:19000:0:99999:7:::'),
  text('second-root', 'etc/passwd', 'root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh', 'root:x:0:0::/:/bin/sh'),
  text('password-in-passwd', 'etc/passwd', 'app:aabbcc:1000:1000::/:/bin/sh', 'app:x:1000:1000::/:/bin/sh'),
  text(
    'sudo-without-password',
    'etc/sudoers.d/app',
    'app ALL=(ALL) NOPASSWD: ALL',
    '# app ALL=(ALL) NOPASSWD: ALL\napp ALL=(ALL) ALL',
  ),
  text(
    'sshd-root-login',
    'etc/ssh/sshd_config',
    'PermitRootLogin yes',
    '#PermitRootLogin yes\nPermitRootLogin prohibit-password',
  ),
  text('sshd-passwords', 'etc/ssh/sshd_config', 'PasswordAuthentication yes', '#PasswordAuthentication yes'),
  text('sshd-weak-algorithms', 'etc/ssh/sshd_config', 'Ciphers aes256-ctr,aes128-cbc', 'Ciphers -aes128-cbc,3des-cbc'),
  text(
    'openssl-weak',
    'etc/ssl/openssl.cnf',
    'MinProtocol = TLSv1',
    'MinProtocol = TLSv1.2\nCipherString = DEFAULT:@SECLEVEL=2',
  ),
  text(
    'openssl-weak',
    'usr/lib/ssl/openssl.cnf',
    'CipherString = DEFAULT@SECLEVEL=0',
    'CipherString = DEFAULT:!aNULL:!RC4',
  ),
  text('nginx-old-protocols', 'etc/nginx/nginx.conf', 'ssl_protocols TLSv1 TLSv1.2;', 'ssl_protocols TLSv1.2 TLSv1.3;'),
  text('nginx-weak-ciphers', 'etc/nginx/conf.d/a.conf', 'ssl_ciphers HIGH:RC4;', 'ssl_ciphers HIGH:!aNULL:!MD5;'),
  text('nginx-lists-folders', 'etc/nginx/sites-enabled/default', 'autoindex on;', 'autoindex off;'),
  text('nginx-tells-version', 'etc/nginx/nginx.conf', '# server_tokens off;', 'server_tokens off;'),
  text(
    'apt-unverified',
    'etc/apt/sources.list',
    'deb [trusted=yes] http://example.org x main',
    'deb [signed-by=/k.gpg] http://example.org x main',
  ),
  text(
    'apt-unverified',
    'etc/apt/apt.conf.d/99',
    'APT::Get::AllowUnauthenticated "true";',
    '// APT::Get::AllowUnauthenticated "true";',
  ),
  text('apk-unverified', 'etc/apk/repositories', 'http://example.org/main', 'https://example.org/main'),
  text('yum-unverified', 'etc/yum.repos.d/a.repo', '[a]\ngpgcheck=0', '[a]\ngpgcheck=1'),
  text(
    'pip-unverified',
    'etc/pip.conf',
    '[global]\ntrusted-host = example.org',
    '[global]\nindex-url = https://example.org/simple',
  ),
  text('npm-unverified', 'root/.npmrc', 'strict-ssl=false', '; strict-ssl=false\nregistry=https://example.org'),
  text(
    'npm-token',
    'root/.npmrc',
    ['//example.org/:_auth', 'Token=abcdef123456'].join(''),
    ['//example.org/:_auth', `Token=${'$'}{NPM_TOKEN}`].join(''),
  ),
  text('git-unverified', 'etc/gitconfig', '[http]\n\tsslVerify = false', '[http]\n\tsslVerify = true'),
  text('loader-preload', 'etc/ld.so.preload', '/opt/x.so', '# none'),
  { id: 'end-of-life', fails: { distribution: ['debian', '10'] }, passes: { distribution: ['debian', '12'] } },
  {
    id: 'foreign-architecture',
    fails: { packages: [{ name: 'a', architecture: 'i386' }] },
    passes: {
      packages: [
        { name: 'a', architecture: 'amd64' },
        { name: 'b', architecture: 'all' },
      ],
    },
  },
];
