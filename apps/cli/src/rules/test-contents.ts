/** Examines contents that somebody names, outside of any image. */
import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { MalwareMatch, Unexamined } from '@pratique/contract';
import { createFileExaminer } from '@pratique/scan/content/examine-file';
import { readBundleFolder } from '@pratique/scan/malware/rule-bundle';
import { type BundleTrial, testRuleBundle } from '@pratique/scan/malware/test-bundle';
import type { SecretMatch } from '@pratique/scan/secrets';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';

const MAX_BYTES = 256 * 1024 * 1024;

export type TestedMalware =
  | { kind: 'file'; path: string; matches: MalwareMatch[]; unexamined: Unexamined[] }
  | { kind: 'bundle'; path: string; trial: BundleTrial };

/** Fingerprints compare with nothing here: each run has a salt of its own. @throws CliError usage */
export async function testSecrets(
  context: Context,
  files: readonly string[],
): Promise<Omit<SecretMatch, 'fingerprint'>[]> {
  const examine = createFileExaminer({ secrets: { salt: randomBytes(32) }, malware: false });
  const found: Omit<SecretMatch, 'fingerprint'>[] = [];
  for (const file of files) {
    const { secrets } = await examine(await readContent(context, file));
    for (const { fingerprint: _, ...match } of secrets) found.push(match);
  }
  return found;
}

/** @throws CliError usage; ScanError `rules-refused` for a bundle that cannot be read, `engine-missing` */
export async function testMalware(context: Context, paths: readonly string[]): Promise<TestedMalware[]> {
  const tested: TestedMalware[] = [];
  let examine: ReturnType<typeof createFileExaminer> | null = null;
  for (const path of paths) {
    const full = resolve(context.cwd, path);
    if ((await stat(full).catch(() => null))?.isDirectory()) {
      tested.push({ kind: 'bundle', path, trial: await testRuleBundle(readBundleFolder(full)) });
      continue;
    }
    examine ??= createFileExaminer({ secrets: null, malware: true });
    const { malware: matches, unexamined } = await examine(await readContent(context, path));
    tested.push({ kind: 'file', path, matches, unexamined });
  }
  return tested;
}

async function readContent(
  context: Context,
  file: string,
): Promise<{ path: string; mode: number; size: number; content: Buffer; skipped: number }> {
  if (file === '-') {
    const content = Buffer.from(await context.readInput());
    return { path: 'standard input', mode: 0o644, size: content.length, content, skipped: 0 };
  }
  const full = resolve(context.cwd, file);
  const found = await stat(full).catch((cause: Error) => {
    throw new CliError(EXIT.usage, `${file} cannot be read: ${cause.message}`, { cause });
  });
  if (!found.isFile() || found.size > MAX_BYTES)
    throw new CliError(EXIT.usage, `${file} is no file of at most ${MAX_BYTES} bytes`);
  const content = await readFile(full);
  return { path: basename(file), mode: found.mode & 0o7777, size: content.length, content, skipped: 0 };
}
