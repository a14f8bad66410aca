/** Runs wrk: load comes from a program that is faster than what it measures. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Load = { requests: number; perSecond: number; p50Ms: number; p99Ms: number; failed: number };

/** @param seconds duration; bounded, and only ever against loopback */
export async function wrk(
  url: string,
  options: {
    connections: number;
    threads: number;
    seconds: number;
    headers?: Record<string, string>;
    script?: string;
    args?: string[];
  },
): Promise<Load> {
  if (!/^http:\/\/127\.0\.0\.1:/.test(url)) throw new Error('load goes to loopback only');
  const headers = Object.entries(options.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const script = options.script ? ['-s', options.script] : [];
  const extra = options.args ? ['--', ...options.args] : [];
  const { stdout } = await run(
    'wrk',
    [
      '-t',
      String(options.threads),
      '-c',
      String(options.connections),
      '-d',
      `${options.seconds}s`,
      '--latency',
      '--timeout',
      '10s',
      ...headers,
      ...script,
      url,
      ...extra,
    ],
    { maxBuffer: 1 << 20 },
  );
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0);
  const latency = (percent: string) => {
    const match = new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout);
    const unit = match?.[2] === 'us' ? 0.001 : match?.[2] === 's' ? 1000 : 1;
    return Number(match?.[1] ?? 0) * unit;
  };
  return {
    requests: number(/(\d+) requests in/),
    perSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p50Ms: latency('50'),
    p99Ms: latency('99'),
    failed: number(/Non-2xx or 3xx responses: (\d+)/),
  };
}
