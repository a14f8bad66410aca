/** A sandbox of runc: user, mount, process and network namespaces of its own, no network, no privileges outside. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ComposeError } from '../../error.ts';
import { inMemory } from '../../files/content.ts';
import type { Tree } from '../../files/tree.ts';
import { ADMIN } from '../../install/database.ts';
import { environment } from '../../install/run-script.ts';
import { type Installed, infoName, type World } from '../../install/world.ts';
import { type ContainerProcess, hasRuntime, preparePlace, runContainer } from './container.ts';
import { readFromDisk, writeToDisk } from './on-disk.ts';
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

/** Where no other is said. */
export const FIRST_USER = 100_000;
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

const MOUNT_POINTS = ['/proc', '/dev', '/sys'] as const;

/** Null where runc is not to be had. */
export async function openRuncSandbox(options: RuncOptions = {}): Promise<Sandbox | null> {
  const program = options.program ?? 'runc';
  if (!(await hasRuntime(program))) return null;
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
  const place = await preparePlace(folder, options.firstUser ?? FIRST_USER);
  const own = world.conventions?.path(installed, script) ?? null;
  const ours = own === null ? null : firstMissing(before, own);
  const path = own === null ? putScript(before, installed, script) : own;
  if (own !== null) before.write(own, inMemory(installed.control.get(script)?.bytes ?? ''), 0o755);
  // Where the runtime mounts; it may not make folders in what belongs to the image's root.
  const made = MOUNT_POINTS.filter((point) => !before.lfind(point));
  for (const point of made) before.makeDirectory(point);
  const disk = writeToDisk(before, place.rootfs, place.owners);
  const variables = [...environment(world, installed, script)].map(([name, value]) => `${name}=${value}`);
  const what: ContainerProcess = {
    args: [path, ...args],
    env: variables,
    cwd: '/',
    user: { uid: 0, gid: 0 },
    capabilities: CAPABILITIES,
    input: world.input,
  };
  const result = await runContainer(program, folder, place, what, options.seconds ?? 120);
  if (result.status !== 0) {
    const why =
      result.status === null ? `it took more than ${options.seconds ?? 120} s` : `it ends with status ${result.status}`;
    return { status: 'failed', detail: `${why}${result.output ? `: ${result.output}` : ''}` };
  }
  const changed = readFromDisk(before, disk, world.now);
  for (const point of made) before.remove(point);
  if (ours !== null) before.remove(ours);
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

/** The first folder on the way to a path that is not there, else the path: what goes again when a script has run. */
function firstMissing(tree: Tree, path: string): string {
  const parts = path.split('/');
  for (let count = 2; count < parts.length; count++) {
    const folder = parts.slice(0, count).join('/');
    if (!tree.find(folder)) return folder;
  }
  return path;
}
