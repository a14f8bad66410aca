/** What Bazel's rules make of Debian packages: files without dpkg, and a record of each package under status.d. */
import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addGo, addJava } from './payloads.ts';
import { runProgram } from './run-program.ts';
import { writeLayout } from './write-layout.ts';

const PACKAGES = ['base-files', 'netbase', 'tzdata', 'libc6', 'libssl3', 'openssl', 'zlib1g', 'libgcc-s1', 'libexpat1'];

export async function buildDistroless(layout: string, work: string): Promise<void> {
  const system = join(work, 'system');
  const status = join(system, 'var', 'lib', 'dpkg', 'status.d');
  const debs = join(work, 'debs');
  await mkdir(status, { recursive: true });
  await mkdir(debs);
  // A merged /usr, as current Debian has; what unpacks into /lib then lies below /usr.
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
    await mkdir(join(system, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(system, name));
  }
  const needs = 'apt with a mirror of Debian 12';
  await runProgram('apt-get', ['download', ...PACKAGES.map((name) => `${name}/bookworm`)], { cwd: debs, needs }).catch(
    () => runProgram('apt-get', ['download', ...PACKAGES], { cwd: debs, needs }),
  );
  for (const file of await readdir(debs)) {
    const deb = join(debs, file);
    const name = file.split('_', 1)[0] ?? file;
    const tar = join(work, 'data.tar');
    await runProgram('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" > "$2"', 'sh', deb, tar]);
    await runProgram('tar', ['-C', system, '--keep-directory-symlink', '-xf', tar]);
    const control = join(work, 'control');
    await runProgram('dpkg-deb', ['--control', deb, control]);
    await copyFile(join(control, 'control'), join(status, name));
    const sums = await readFile(join(control, 'md5sums')).catch(() => null);
    if (sums) await writeFile(join(status, `${name}.md5sums`), sums);
    await rm(control, { recursive: true });
    await rm(tar);
  }
  await rm(join(system, 'usr', 'bin', 'c_rehash'), { force: true });
  const root = join(work, 'root');
  await addGo(root, 'app');
  await addJava(root, 'opt/java');
  await writeLayout(layout, [system, root]);
}
