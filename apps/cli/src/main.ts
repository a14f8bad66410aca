/** The command line's entry: connects `runCli` to this process. */
import { createProgress } from './progress.ts';
import { runCli } from './run.ts';

// A reader that closes early (`| head`) ends us quietly.
process.stdout.on('error', (error: { code?: string }) => process.exit(error.code === 'EPIPE' ? 0 : 3));

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  out: (text) => void process.stdout.write(text),
  note: (text) => void process.stderr.write(text),
  progress: createProgress(process.stderr),
  width: process.stdout.isTTY ? process.stdout.columns : null,
  async readInput() {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  },
});
