/** Starts an image before and after its repair, for a few seconds and without network: what started must start again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SmokeStart } from '@pratique/contract';
import { ComposeError } from '../../error.ts';
import type { Tree } from '../../files/tree.ts';
import type { ImageConfig } from '../image/read-image.ts';
import { hasRuntime, preparePlace, runContainer } from './container.ts';
import { writeToDisk } from './on-disk.ts';
import { FIRST_USER, type RuncOptions } from './runc.ts';

export type SmokeOptions = Pick<RuncOptions, 'program' | 'temporaryDir' | 'firstUser'> & {
  /** For which each of both runs at most; 5 by default. */
  seconds?: number;
};

type Outcome = { state: 'runs' } | { state: 'ended'; status: number; output: string };

/** Those that containers usually have; none of them counts outside its namespaces. */
const CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_NET_BIND_SERVICE',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
];
const PROCESSES = 512;
const MOUNT_POINTS = ['/proc', '/dev', '/sys'] as const;

/**
 * Both run as the image's own user, with its entrypoint, environment and folder. The same outcome is that both still run at
 * the end of the time, or both ended with the same status.
 *
 * @throws ComposeError `start-differs` where the original starts, or ends, otherwise than the repaired image
 */
export async function smokeStart(
  original: Tree,
  repaired: Tree,
  config: ImageConfig,
  options: SmokeOptions = {},
): Promise<SmokeStart> {
  const program = options.program ?? 'runc';
  if (!(await hasRuntime(program))) return notTried('runc is not installed');
  const what = processOf(original, config);
  if (typeof what === 'string') return notTried(what);
  const before = await startIn(original, what, program, options);
  if (typeof before === 'string') return notTried(before);
  const after = await startIn(repaired, what, program, options);
  if (typeof after === 'string') return notTried(after);
  const seconds = options.seconds ?? SECONDS;
  if (before.state === after.state && statusOf(before) === statusOf(after))
    return { outcome: 'same', detail: `both ${wordsOf(before, seconds)}` };
  throw new ComposeError(
    'start-differs',
    `the original ${wordsOf(before, seconds)}, the repaired image ${wordsOf(after, seconds)}${outputOf(after)}`,
  );
}

const SECONDS = 5;

const notTried = (detail: string): SmokeStart => ({ outcome: 'not-tried', detail });
const statusOf = (outcome: Outcome): number | null => (outcome.state === 'ended' ? outcome.status : null);
const wordsOf = (outcome: Outcome, seconds: number): string =>
  outcome.state === 'runs' ? `runs after ${seconds} s` : `ends with status ${outcome.status}`;
const outputOf = (outcome: Outcome): string =>
  outcome.state === 'ended' && outcome.output !== '' ? `: ${outcome.output.slice(-300)}` : '';

type Process = { args: string[]; env: string[]; cwd: string; user: { uid: number; gid: number } };

/** @returns in words why there is nothing to start */
function processOf(tree: Tree, { config }: ImageConfig): Process | string {
  const { Entrypoint, Cmd, Env, WorkingDir, User } = (config ?? {}) as Record<string, unknown>;
  const args = [...textsOf(Entrypoint), ...textsOf(Cmd)];
  if (args.length === 0) return 'the image names no program';
  const user = userOf(tree, typeof User === 'string' ? User : '');
  if (user === null) return `the image has no user ${String(User).slice(0, 50)}`;
  if (process.getuid?.() !== 0 && user.uid !== 0)
    return 'its user cannot be mapped here: that takes root of this machine';
  const env = textsOf(Env);
  if (!env.some((one) => one.startsWith('PATH='))) env.push('PATH=/usr/local/bin:/usr/bin:/bin');
  const cwd = typeof WorkingDir === 'string' && WorkingDir.startsWith('/') ? WorkingDir : '/';
  return { args, env, cwd: tree.find(cwd)?.kind === 'directory' ? cwd : '/', user };
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string' && !one.includes('\0')) : [];

/** As runtimes read it: `user`, `user:group`, numbers for each; a user's group is that of passwd(5). */
function userOf(tree: Tree, text: string): { uid: number; gid: number } | null {
  const [name = '', group] = text.split(':');
  const account = rowOf(tree, '/etc/passwd', name === '' ? '0' : name);
  const uid = account?.[2] ?? (/^\d+$/.test(name || '0') ? name || '0' : null);
  const gid =
    group === undefined
      ? (account?.[3] ?? '0')
      : (rowOf(tree, '/etc/group', group)?.[2] ?? (/^\d+$/.test(group) ? group : null));
  if (uid === null || gid === null) return null;
  const numbers = { uid: Number(uid), gid: Number(gid) };
  return numbers.uid < 65_536 && numbers.gid < 65_536 ? numbers : null;
}

function rowOf(tree: Tree, path: string, wanted: string): string[] | null {
  const rows = (tree.readText(path) ?? '').split('\n').map((line) => line.split(':'));
  return rows.find((row) => row[0] === wanted || row[2] === wanted) ?? null;
}

/** @returns in words why it could not be tried */
async function startIn(tree: Tree, what: Process, program: string, options: SmokeOptions): Promise<Outcome | string> {
  const folder = await mkdtemp(join(options.temporaryDir ?? tmpdir(), 'pratique-start-'));
  try {
    const place = await preparePlace(folder, options.firstUser ?? FIRST_USER);
    const copy = tree.copy();
    for (const point of MOUNT_POINTS) if (!copy.lfind(point)) copy.makeDirectory(point);
    writeToDisk(copy, place.rootfs, place.owners);
    const { status, output } = await runContainer(
      program,
      folder,
      place,
      { ...what, capabilities: CAPABILITIES, processes: PROCESSES },
      options.seconds ?? SECONDS,
    );
    return status === null ? { state: 'runs' } : { state: 'ended', status, output };
  } catch (error) {
    if (error instanceof ComposeError) return error.message;
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
