/** What a scan looks for. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BaselineProfile } from '@pratique/contract';
import type { OwnRules, Wanted } from '@pratique/scan/content';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { settingsFile } from '../settings.ts';

export const SCANNERS = ['vuln', 'license', 'secret', 'malware', 'baseline'] as const;
export type Scanner = (typeof SCANNERS)[number];

/** @param text names between commas; everything where it is not given. @throws CliError usage */
export function readScanners(text: string | undefined): Scanner[] {
  if (text === undefined) return [...SCANNERS];
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !SCANNERS.some((one) => one === name));
  if (unknown !== undefined)
    throw new CliError(EXIT.usage, `--scanners takes some of ${SCANNERS.join(', ')} between commas, not "${unknown}"`);
  return SCANNERS.filter((one) => names.includes(one));
}

export async function wantedContent(
  context: Context,
  scanners: readonly Scanner[],
  { profile = null, own }: { profile?: BaselineProfile | null; own?: OwnRules },
): Promise<Wanted> {
  return {
    baseline: scanners.includes('baseline') ? { profile, now: new Date() } : null,
    secrets: scanners.includes('secret')
      ? { salt: await readSalt(settingsFile(context.env, 'fingerprint-salt')) }
      : null,
    malware: scanners.includes('malware'),
    ...(own ? { own } : {}),
  };
}

/** @throws CliError usage */
export function readProfile(text: string | undefined): BaselineProfile | null {
  if (text === undefined) return null;
  const parsed = BaselineProfile.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CliError(EXIT.usage, `--profile takes one of ${BaselineProfile.options.join(', ')}`);
}

/** The user's own: the same secret has the same fingerprint in all images, and nobody else can try guesses against it. */
async function readSalt(file: string): Promise<Buffer> {
  const stored = await readFile(file).catch(() => null);
  if (stored?.length === 32) return stored;
  const part = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(part, randomBytes(32), { mode: 0o600 });
  if (stored) await rm(file, { force: true }); // damaged
  // Of two commands that make it at once, one does.
  await link(part, file).catch(() => {});
  await rm(part, { force: true });
  return readFile(file);
}
