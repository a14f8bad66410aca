/** Starts and ends the processes of a cluster, each by its id. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CGROUP } from './configuration.ts';

/** Starts a program that goes on after us, its output in `log/NAME.log`. @returns its process id */
export function startProcess(
  state: string,
  name: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv = {},
): number {
  const log = openSync(join(state, 'log', `${name}.log`), 'a');
  const [program = '', ...args] = command;
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], env: { ...process.env, ...env } });
  child.on('error', () => {});
  child.unref();
  if (child.pid === undefined) throw new Error(`${name} could not be started: ${program}`);
  return child.pid;
}

/** Processes that name the folder in their command: the control plane, the node, containerd's shims. */
export function processesIn(state: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(state);
      } catch {
        return false; // it ended while we looked
      }
    })
    .map(Number);
}

/** Processes in the cgroup of the test cluster: what runs in its pods. */
export function processesOfPods(): number[] {
  return cgroupFolders().flatMap((folder) => {
    try {
      return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
}

export async function endProcesses(find: () => number[]): Promise<void> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    const found = find();
    if (found.length === 0) return;
    for (const pid of found)
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it is gone already
      }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const ROOT = '/sys/fs/cgroup';
const isUnified = () => existsSync(join(ROOT, 'cgroup.controllers'));
/** Each hierarchy of cgroup v1, or the one of v2. */
const hierarchies = () =>
  isUnified()
    ? [ROOT]
    : readdirSync(ROOT)
        .map((name) => join(ROOT, name))
        .filter((folder) => existsSync(join(folder, 'cgroup.procs')));

export function makeCgroup(): void {
  if (isUnified()) {
    const controllers = readFileSync(join(ROOT, 'cgroup.controllers'), 'utf8').trim().split(' ');
    writeFileSync(join(ROOT, 'cgroup.subtree_control'), controllers.map((name) => `+${name}`).join(' '));
  }
  for (const folder of hierarchies()) {
    const own = join(folder, CGROUP);
    mkdirSync(own, { recursive: true });
    // A cpuset of v1 begins without processors; nothing could run in it.
    for (const name of ['cpuset.cpus', 'cpuset.mems'])
      if (!isUnified() && existsSync(join(folder, name)))
        writeFileSync(join(own, name), readFileSync(join(folder, name), 'utf8').trim());
  }
}

/** Removes the cgroups from the innermost; one that still has a process stays. */
export function removeCgroup(): void {
  for (const folder of cgroupFolders().reverse())
    try {
      rmdirSync(folder);
    } catch {
      // something lives in it
    }
}

function cgroupFolders(): string[] {
  const below = (folder: string): string[] =>
    existsSync(folder)
      ? [
          folder,
          ...readdirSync(folder, { withFileTypes: true })
            .filter((entry) => entry.isDirectory())
            .flatMap((entry) => below(join(folder, entry.name))),
        ]
      : [];
  return hierarchies().flatMap((folder) => below(join(folder, CGROUP)));
}
