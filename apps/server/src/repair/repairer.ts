/** Runs a repair child, and judges whether what went wrong will go wrong again. */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askChild, ChildFailure } from '../children/ask-child.ts';
import { childPermissions } from '../children/child-permissions.ts';
import { ServerError } from '../error.ts';
import { RepairAnswer, type Repaired, type RepairOrder } from './order.ts';

export type RepairerConfig = {
  memoryMb: number;
  timeoutS: number;
  /** Whether maintainer scripts may run in a sandbox of this machine. */
  sandbox: boolean;
  /** Downloaded packages and indexes. */
  cacheDir: string;
  /** Unpacked images lie here while they are repaired. */
  workDir: string;
};

export type Asked = Omit<RepairOrder, 'cacheDir' | 'temporaryDir' | 'outDir' | 'sandboxDir' | 'allowExpired'>;

/**
 * Repairs, and hands the answer over while the files that it names lie in `outDir`; they are removed afterwards.
 * @throws ServerError `scan-failed`; with `permanent` where trying again gives the same
 */
export type Repairer = <T>(asked: Asked, use: (repaired: Repaired, outDir: string) => Promise<T>) => Promise<T>;

const CHILD = join(import.meta.dirname, 'repair-child.ts');
const MAX_ANSWER = 64 * 1024 * 1024;
const APT = ['/etc/apt', '/usr/share/keyrings', '/usr/local/share/keyrings'];
/** What the archives' state or the network caused passes; what the image is does not. */
const PASSING = new Set(['internal', 'archive-unreachable', 'hash-mismatch', 'release-expired', 'release-rollback']);

/** @param readable folders with blobs */
export function createRepairer(root: string, readable: readonly string[], config: RepairerConfig): Repairer {
  const { cacheDir, workDir, sandbox } = config;
  return oneAtATime(async (asked, use) => {
    await Promise.all([mkdir(cacheDir, { recursive: true }), mkdir(workDir, { recursive: true, mode: 0o700 })]);
    const folder = await mkdtemp(join(workDir, 'repair-'));
    const sandboxDir = sandbox ? await openFolder() : null;
    try {
      const [temporaryDir, outDir] = [join(folder, 'work'), join(folder, 'out')];
      await Promise.all([mkdir(temporaryDir), mkdir(outDir)]);
      const own = [cacheDir, folder, ...(sandboxDir === null ? [] : [sandboxDir])];
      const keyrings = Object.values(asked.archives).flatMap(({ keyring }) => (keyring === undefined ? [] : [keyring]));
      const order: RepairOrder = { ...asked, cacheDir, temporaryDir, outDir, sandboxDir, allowExpired: false };
      const answer = await askChild({
        script: CHILD,
        permissions: [
          ...childPermissions(root, [...readable, ...own, ...APT, ...keyrings], own),
          // Layers are unpacked beside; the sandbox is a program of its own.
          '--allow-worker',
          ...(sandbox ? ['--allow-child-process'] : []),
        ],
        cwd: root,
        memoryMb: config.memoryMb,
        timeoutS: config.timeoutS,
        maxAnswer: MAX_ANSWER,
        order,
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', TMPDIR: temporaryDir },
      }).catch((error: unknown) => {
        if (!(error instanceof ChildFailure)) throw error;
        throw new ServerError('scan-failed', `the repair ${error.message}`, {
          details: { permanent: error.ended },
        });
      });
      return await use(readAnswer(answer), outDir);
    } finally {
      await rm(folder, { recursive: true, force: true });
      if (sandboxDir !== null) await rm(sandboxDir, { recursive: true, force: true });
    }
  });
}

/** The sandbox's users are nobody's on this machine, and must reach their files. */
async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-sandboxes-'));
  await chmod(folder, 0o711);
  return folder;
}

/** Removes what a process that was killed has left behind; before the first repair of this one. */
export async function clearWork(workDir: string): Promise<void> {
  await rm(workDir, { recursive: true, force: true });
}

function readAnswer(value: unknown): Repaired {
  const answer = RepairAnswer.parse(value);
  if (answer.ok) return answer;
  throw new ServerError('scan-failed', answer.message, {
    details: { permanent: !PASSING.has(answer.code), code: answer.code },
  });
}

/** Each repair has a whole image unpacked on disk, and may fill a processor. */
function oneAtATime(repairer: Repairer): Repairer {
  let last: Promise<unknown> = Promise.resolve();
  return (asked, use) => {
    const mine = last.then(() => repairer(asked, use));
    last = mine.catch(() => {});
    return mine;
  };
}
