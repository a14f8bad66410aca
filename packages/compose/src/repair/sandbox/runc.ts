/** A sandbox of runc: user, mount, process and network namespaces of its own, no network, no privileges outside. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ComposeError } from '../../error.ts';
import { inMemory } from '../../files/content.ts';
import type { Tree } from '../../files/tree.ts';
import { ADMIN } from '../../install/database.ts';
import { environment } from '../../install/run-script.ts';
import { type Conventions, type Installed, infoName, type World } from '../../install/world.ts';
import { type Owners, readFromDisk, writeToDisk } from './on-disk.ts';
import type { Sandbox, SandboxOutcome } from './sandbox.ts';

export type RuncOptions = {
  /** `runc` by default, looked for where the system keeps its programs. */
  program?: string;
  /** Where folders for the copies are made, which every user must be able to enter; the system's temporary folder by default. */
  temporaryDir?: string;
  /** Seconds for one script; 120 by default. */
  seconds?: number;
  /** First user of this machine that the image's users are mapped to; only as root. 100000 by default. */
  firstUser?: number;
};

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const USERS = 65_536;
const OUTPUT = 4000;
/** Enough to install files as root of the image; none of them counts outside its namespaces. */
const CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_KILL',
];

/** Null where runc is not to be had. */
export async function openRuncSandbox(options: RuncOptions = {}): Promise<Sandbox | null> {
  const program = options.program ?? 'runc';
  const version = await start(program, ['--version'], 10).catch(() => null);
  if (version?.status !== 0) return null;
  return {
    name: 'runc',
    run: async (before, world, installed, script, args) => {
      const folder = await mkdtemp(join(options.temporaryDir ?? tmpdir(), 'pratique-sandbox-'));
      try {
        return await runIn(folder, program, options, { before, world, installed, script, args });
      } catch (error) {
        if (error instanceof ComposeError) return { status: 'failed', detail: error.message };
        throw error;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

type Job = { before: Tree; world: World; installed: Installed; script: string; args: string[] };

async function runIn(folder: string, program: string, options: RuncOptions, job: Job): Promise<SandboxOutcome> {
  const { before, world, installed, script, args } = job;
  const root = process.getuid?.() === 0;
  const first = options.firstUser ?? 100_000;
  const owners: Owners = root ? { shift: first } : { one: true };
  // The image's root must reach its files, and only that.
  await chmod(folder, 0o711);
  const rootfs = join(folder, 'rootfs');
  await mkdir(rootfs, 0o755);
  await chmod(rootfs, 0o755);
  const path = world.conventions
    ? putFamilyScript(before, world.conventions, installed, script)
    : putScript(before, installed, script);
  const disk = writeToDisk(before, rootfs, owners);
  const mapping = root
    ? [{ containerID: 0, hostID: first, size: USERS }]
    : [{ containerID: 0, hostID: process.getuid?.() ?? 0, size: 1 }];
  const variables = [...environment(world, installed, script)].map(([name, value]) => `${name}=${value}`);
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify(specification(rootfs, [path, ...args], variables, mapping)),
  );
  const state = join(folder, 'state');
  const id = `pratique-${randomUUID()}`;
  const command = ['--root', state, 'run', '--bundle', folder, id];
  const result = await start(program, command, options.seconds ?? 120, world.input);
  await start(program, ['--root', state, 'delete', '--force', id], 10).catch(() => null);
  if (result.status !== 0) {
    const why =
      result.status === null ? `it took more than ${options.seconds ?? 120} s` : `it ends with status ${result.status}`;
    return { status: 'failed', detail: `${why}${result.output ? `: ${result.output}` : ''}` };
  }
  const changed = readFromDisk(before, disk, world.now);
  if (world.conventions) before.remove(path.slice(0, path.lastIndexOf('/')));
  else if (path.startsWith(`${ADMIN}/tmp.ci/`)) before.remove(`${ADMIN}/tmp.ci`);
  world.tree.changes++;
  world.tree.root.entries = before.root.entries;
  return { status: 'done', detail: `run under runc without network, ${changed.length} paths changed` };
}

/** Where dpkg has the script when it runs: beside the others of the package, or with those that are being unpacked. */
function putScript(tree: Tree, installed: Installed, script: string): string {
  const known = `${ADMIN}/info/${infoName(installed)}.${script}`;
  const file = installed.control.get(script);
  const there = tree.find(known);
  if (there?.kind === 'file' && file && there.content.read().equals(file.bytes)) return known;
  const path = `${ADMIN}/tmp.ci/${script}`;
  tree.write(path, inMemory(file?.bytes ?? ''), 0o755);
  return path;
}

/** In a folder of its own, which goes when the script has run. */
function putFamilyScript(tree: Tree, conventions: Conventions, installed: Installed, script: string): string {
  const path = conventions.path(installed, script);
  tree.write(path, inMemory(installed.control.get(script)?.bytes ?? ''), 0o755);
  return path;
}

/** @see opencontainers runtime-spec 1.0, config.md */
function specification(
  rootfs: string,
  args: string[],
  env: string[],
  mapping: { containerID: number; hostID: number; size: number }[],
): unknown {
  const mount = (destination: string, type: string, options: string[]) => ({
    destination,
    type,
    source: type,
    options,
  });
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args,
      env,
      cwd: '/',
      capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
      rlimits: [
        { type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 },
        { type: 'RLIMIT_FSIZE', hard: 2 ** 30, soft: 2 ** 30 },
        { type: 'RLIMIT_CORE', hard: 0, soft: 0 },
        { type: 'RLIMIT_CPU', hard: 300, soft: 300 },
      ],
      noNewPrivileges: true,
    },
    root: { path: rootfs, readonly: false },
    hostname: 'localhost',
    mounts: [
      mount('/proc', 'proc', ['nosuid', 'noexec', 'nodev']),
      mount('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
      mount('/sys', 'tmpfs', ['nosuid', 'noexec', 'nodev', 'ro', 'size=64k']),
    ],
    linux: {
      namespaces: ['user', 'pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
      uidMappings: mapping,
      gidMappings: mapping,
      maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/sched_debug', '/proc/acpi', '/proc/scsi'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

type Ended = { status: number | null; output: string };

/** `status` is null where it was stopped for its time. */
function start(program: string, args: string[], seconds: number, input?: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH } });
    // A script need not read what it is given.
    child.stdin.on('error', () => {});
    child.stdin.end(Buffer.from(input ?? '', 'latin1'));
    let output = '';
    let late = false;
    const take = (piece: Buffer) => {
      output = (output + piece.toString('utf8')).slice(-OUTPUT);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, seconds * 1000);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({
        status: late ? null : (code ?? 1),
        output: output
          .replace(/[^\x20-\x7e\n]/g, '?')
          .trim()
          .slice(-1000),
      });
    });
  });
}
