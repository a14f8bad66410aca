/** Processor time of a process with all its descendants, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100; // sysconf(_SC_CLK_TCK) on every Linux that Node runs on

type Stat = { parent: number; seconds: number };

function readStat(pid: string): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND };
  } catch {
    return null; // it ended between the listing and the reading
  }
}

/** Seconds of processor time that the tree below `root` has used so far; time of children that ended is lost. */
export function treeCpuSeconds(root: number): number {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(name) : null;
    if (stat) stats.set(Number(name), stat);
  }
  let seconds = 0;
  for (const [pid, stat] of stats) {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = stats.get(at)?.parent)
      if (at === root) {
        seconds += stat.seconds;
        break;
      }
  }
  return seconds;
}

/** Resident memory of the tree in MiB; pages shared between its processes count for each. */
export function treeMemoryMib(root: number): number {
  let pages = 0;
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(name) : null;
    if (stat) parents.set(Number(name), stat.parent);
  }
  for (const pid of parents.keys())
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === root) {
        try {
          pages += Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
        } catch {
          // it ended meanwhile
        }
        break;
      }
  return (pages * 4096) / 1024 / 1024;
}

/** Resident memory of one process in MiB. */
export function memoryMib(pid: number): number {
  return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 1024 / 1024;
}

/** The process below `root` whose command line has this in it; null when there is none. */
export function findBelow(root: number, text: string): number | null {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(name) : null;
    if (stat) parents.set(Number(name), stat.parent);
  }
  for (const pid of parents.keys())
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === root && readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(text)) return pid;
  return null;
}

/** Waits until the tree does hardly anything: what starting up costs is no part of what serving costs. */
export async function settleTree(root: number, maxSeconds = 6): Promise<void> {
  for (const deadline = Date.now() + maxSeconds * 1000; Date.now() < deadline; ) {
    const before = treeCpuSeconds(root);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    if (treeCpuSeconds(root) - before < 0.15) return;
  }
}
