/** A container of runc that sees a folder and nothing else: its description, and how it is run. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Owners } from './on-disk.ts';

export type Place = {
  /** Where the files are; ours and empty at first. */
  rootfs: string;
  owners: Owners;
  mapping: { containerID: number; hostID: number; size: number }[];
};

export type ContainerProcess = {
  args: string[];
  env: string[];
  cwd: string;
  user: { uid: number; gid: number };
  capabilities: readonly string[];
  /** Processes and threads of it. */
  processes?: number;
  input?: string | undefined;
};

/** `status` is null where it was stopped for its time. */
export type Ended = { status: number | null; output: string };

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const USERS = 65_536;
const OUTPUT = 4000;

/** Whether there is such a runtime. */
export async function hasRuntime(program: string): Promise<boolean> {
  const version = await start(program, ['--version'], 10).catch(() => null);
  return version?.status === 0;
}

/** @param firstUser of this machine that the image's users are mapped to; only as root, otherwise there is one user */
export async function preparePlace(folder: string, firstUser: number): Promise<Place> {
  const root = process.getuid?.() === 0;
  // The image's root must reach its files, and only that.
  await chmod(folder, 0o711);
  const rootfs = join(folder, 'rootfs');
  await mkdir(rootfs, 0o755);
  await chmod(rootfs, 0o755);
  return {
    rootfs,
    owners: root ? { shift: firstUser } : { one: true },
    mapping: root
      ? [{ containerID: 0, hostID: firstUser, size: USERS }]
      : [{ containerID: 0, hostID: process.getuid?.() ?? 0, size: 1 }],
  };
}

/** Runs the process in namespaces of its own, without network, for at most so many seconds; nothing of it is left. */
export async function runContainer(
  program: string,
  folder: string,
  place: Place,
  what: ContainerProcess,
  seconds: number,
): Promise<Ended> {
  await writeFile(join(folder, 'config.json'), JSON.stringify(specification(place, what)));
  const state = join(folder, 'state');
  const id = `pratique-${randomUUID()}`;
  const ended = await start(program, ['--root', state, 'run', '--bundle', folder, id], seconds, what.input);
  await start(program, ['--root', state, 'delete', '--force', id], 10).catch(() => null);
  return ended;
}

/** @see opencontainers runtime-spec 1.0, config.md */
function specification({ rootfs, mapping }: Place, what: ContainerProcess): unknown {
  const { args, env, cwd, user, capabilities, processes } = what;
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
      user,
      args,
      env,
      cwd,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [
        { type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 },
        { type: 'RLIMIT_FSIZE', hard: 2 ** 30, soft: 2 ** 30 },
        { type: 'RLIMIT_CORE', hard: 0, soft: 0 },
        { type: 'RLIMIT_CPU', hard: 300, soft: 300 },
        ...(processes ? [{ type: 'RLIMIT_NPROC', hard: processes, soft: processes }] : []),
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
