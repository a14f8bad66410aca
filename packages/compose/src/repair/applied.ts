/** What comes of carrying a plan out on a tree, whatever family the image is of. */
import type { RepairDifference, RepairLeftReason, RepairScript } from '@pratique/contract';
import { ComposeError } from '../error.ts';
import { ScriptNotDone, type Scripts } from './debian/scripts.ts';
import type { Sandbox } from './sandbox/sandbox.ts';

export type Applied =
  | {
      status: 'done';
      scripts: RepairScript[];
      differences: RepairDifference[];
      /** Files of each package, and their bytes. */
      files: Map<string, { files: number; bytes: number }>;
    }
  /** Somebody's package cannot be upgraded: the plan has to be made without. */
  | { status: 'refused'; packages: string[]; reason: RepairLeftReason; detail: string; scripts: RepairScript[] };
export type Refused = Extract<Applied, { status: 'refused' }>;

export type ApplyOptions = {
  architecture: string;
  /** Seconds since 1970 for all that is made. */
  now: number;
  sandbox: Sandbox | null;
  progress: (done: number, total: number, what: string) => void;
};

type Job = {
  run(): Promise<void>;
  /** Packages to blame for what happened, where that is not the one at work. */
  readonly blamed: readonly string[];
  readonly differences: RepairDifference[];
  readonly files: Map<string, { files: number; bytes: number }>;
};

/** @param atWork the package that is to blame; told whose script could not be done, where that was it */
export async function runJob(job: Job, scripts: Scripts, atWork: (script: string | null) => string): Promise<Applied> {
  try {
    await job.run();
  } catch (error) {
    const scripted = error instanceof ScriptNotDone;
    if (!scripted && !(error instanceof ComposeError && error.code === 'file-conflict')) throw error;
    return {
      status: 'refused',
      packages: job.blamed.length > 0 ? [...job.blamed] : [atWork(scripted ? error.package : null)],
      reason: scripted ? 'script' : 'file-conflict',
      detail: error.message,
      scripts: scripts.done.filter(({ handled }) => handled === 'not-done'),
    };
  }
  return { status: 'done', scripts: scripts.done, differences: job.differences, files: job.files };
}
