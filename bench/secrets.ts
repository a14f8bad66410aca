/** Secrets in directories: `node bench/secrets.ts DIR ...` prints what is found in each, and how fast; each must be free of alarms. */
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { createSecretExaminer, type SecretMatch, type SecretNote } from '@pratique/scan/secrets';

type Sum = { files: number; bytes: number; ms: number };
const MAX_FILE_BYTES = 512 * 1024 * 1024;

for (const directory of process.argv.slice(2)) {
  const root = realpathSync(directory);
  // A directory of packages says what it is by its name, as it does in an image.
  const above = /^(?:node_modules|site-packages|dist-packages)$/.test(basename(root)) ? `app/${basename(root)}/` : '';
  const notes: SecretNote[] = [];
  const examiner = createSecretExaminer({ salt: Buffer.alloc(32, 'bench'), note: (note) => notes.push(note) });
  const sums: Record<'text' | 'binary', Sum> = {
    text: { files: 0, bytes: 0, ms: 0 },
    binary: { files: 0, bytes: 0, ms: 0 },
  };
  const found: SecretMatch[] = [];
  const slow: { path: string; ms: number }[] = [];
  for (const path of filesOf(root)) {
    const content = readFileSync(path);
    const sum = sums[content.subarray(0, 8000).includes(0) ? 'binary' : 'text'];
    const started = performance.now();
    found.push(...examiner.examine({ path: above + relative(root, path), mode: 0o644, size: content.length, content }));
    const ms = performance.now() - started;
    if (ms > 50 && content.length / ms < 50_000) slow.push({ path, ms });
    sum.files++;
    sum.bytes += content.length;
    sum.ms += ms;
  }
  process.stdout.write(`\n## ${directory}\n\n`);
  for (const [name, sum] of Object.entries(sums))
    process.stdout.write(
      `${name}: ${sum.files} files, ${(sum.bytes / 1e6).toFixed(0)} MB in ${sum.ms.toFixed(0)} ms, ${(sum.bytes / 1e3 / sum.ms).toFixed(0)} MB/s\n`,
    );
  process.stdout.write(`looks: ${examiner.work.looks}\n`);
  for (const one of slow) process.stdout.write(`slow: ${one.path} ${one.ms.toFixed(0)} ms\n`);
  process.stdout.write(`${found.length} found\n`);
  for (const one of found) process.stdout.write(`  ${one.id} ${one.path}:${one.line}:${one.column} ${one.redacted}\n`);
  const aside = notes.filter((note) => note.type === 'set-aside');
  process.stdout.write(`${aside.length} set aside\n`);
  for (const one of aside) process.stdout.write(`  ${one.kind} ${one.path}:${one.line} ${one.reason}\n`);
  for (const one of notes)
    if (one.type === 'incomplete') process.stdout.write(`  incomplete: ${one.path} ${one.detail}\n`);
}

function* filesOf(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesOf(path);
    else if (entry.isFile() && lstatSync(path).size <= MAX_FILE_BYTES) yield path;
  }
}
