/** Spoiled files for every parser of images, each in a child of its own: it may be ended, and must not have to be. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PARSERS, type Parser } from './parsers.ts';

const CHILD = join(import.meta.dirname, 'parser-child.ts');
const HEAP_MIB = 1024;
/** Without another round for so long, it hangs. */
const HANG_MS = 30_000;
const LOOK_MS = 500;

type Told = { round: number; path: string; fault: string };

/** @param minutes of each parser; what reads binary forms has five times as much. @returns what is broken, with the round that shows it */
export async function fuzzParsers(
  seed: number,
  minutes: number,
  only: readonly string[],
  say: (line: string) => void,
): Promise<string[]> {
  const broken: string[] = [];
  const chosen = PARSERS.filter((one) => only.length === 0 || only.includes(one.name));
  for (const parser of chosen) {
    const { rounds, faults } = await fuzzParser(parser, seed, minutes * parser.weight * 60_000);
    say(`${parser.name}: ${rounds} spoiled inputs in ${minutes * parser.weight} minutes, ${faults.length} faults`);
    broken.push(...faults.map((fault) => `${parser.name}: ${fault}`));
  }
  return broken;
}

async function fuzzParser(parser: Parser, seed: number, ms: number): Promise<{ rounds: number; faults: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-fuzz-'));
  const progress = join(folder, 'round');
  const faults: string[] = [];
  let round = 0;
  try {
    for (const until = Date.now() + ms; Date.now() < until && faults.length < 20; ) {
      await writeFile(progress, Buffer.alloc(8));
      const ended = await runChild(parser.name, seed, round, progress, until, (told) =>
        faults.push(`round ${told.round} (${told.path}): ${told.fault}`),
      );
      round = await readRound(progress);
      if (ended !== null) faults.push(`round ${round}: ${ended}`);
      round += 1;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { rounds: round, faults };
}

/** @returns why it ended before its time; null when its time was over */
async function runChild(
  name: string,
  seed: number,
  first: number,
  progress: string,
  until: number,
  onFault: (told: Told) => void,
): Promise<string | null> {
  const args = [
    '--no-warnings',
    `--max-old-space-size=${HEAP_MIB}`,
    CHILD,
    name,
    String(seed),
    String(first),
    progress,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let complaint = '';
  let why: string | null = null;
  let over = false;
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-1000);
  });
  child.on('message', (message) => onFault(message as Told));
  let seen = { round: -1, at: Date.now() };
  const watch = setInterval(() => {
    void readRound(progress).then((round) => {
      if (round !== seen.round) seen = { round, at: Date.now() };
      if (Date.now() >= until) over = true;
      else if (Date.now() - seen.at > HANG_MS) why = `no end within ${HANG_MS / 1000} s`;
      if (over || why !== null) child.kill('SIGKILL');
    });
  }, LOOK_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(watch);
  if (over) return null;
  return why ?? `the process ended with ${String(code)}: ${complaint.trim().split('\n').slice(-3).join(' ')}`;
}

async function readRound(progress: string): Promise<number> {
  const bytes = await readFile(progress);
  return bytes.length < 8 ? 0 : Number(bytes.readBigUInt64LE());
}
