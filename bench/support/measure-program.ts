/** One run of a program: wall time, processor time and peak memory of the process that prints a JSON document. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export type ProgramRun = { wallS: number; cpuS: number; memoryMib: number; results: number };

/** Counters come from /proc while it lives: the last reading before its end stands. @param count what the document holds */
export async function measureProgram(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  count: (json: unknown) => number,
): Promise<ProgramRun> {
  const started = performance.now();
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const chunks: Buffer[] = [];
  let complaint = '';
  let peak = 0;
  let cpu = 0;
  const watch = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      cpu = Math.max(cpu, (Number(fields[11]) + Number(fields[12])) / 100);
    } catch {
      // it has just ended
    }
  }, 5);
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-1000);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(watch);
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    const results = count(JSON.parse(text));
    return { wallS: (performance.now() - started) / 1000, cpuS: cpu, memoryMib: peak, results };
  } catch (cause) {
    throw new Error(
      `${command} ended with ${String(code)} and no document: ${complaint.trim() || text.slice(0, 300)}`,
      {
        cause,
      },
    );
  }
}
