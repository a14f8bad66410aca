/** Where a store's advisories came from: the key that was met first, and the last serial, so that an older one is noticed. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CliError, EXIT } from '../exit.ts';

export const Origin = z.object({
  /** The reference, or the file of a bundle. */
  from: z.string(),
  keyPem: z.string(),
  fingerprint: z.string(),
  serial: z.number().int(),
  /** When the server published it, and when it was received here. */
  date: z.string(),
  receivedAt: z.string(),
  snapshot: z.string(),
  lastFailure: z.object({ at: z.string(), error: z.string() }).nullable(),
});
export type Origin = z.infer<typeof Origin>;

const file = (dir: string) => join(dir, 'origin.json');

/** @throws CliError fault for a file that cannot be read: going on would forget the key */
export async function readOrigin(dir: string): Promise<Origin | null> {
  const text = await readFile(file(dir), 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new CliError(EXIT.fault, `${file(dir)} cannot be read`, { cause });
  });
  if (text === null) return null;
  try {
    return Origin.parse(JSON.parse(text));
  } catch (cause) {
    throw new CliError(EXIT.fault, `${file(dir)} is damaged; remove it to trust the key of the next update anew`, {
      cause,
    });
  }
}

export async function writeOrigin(dir: string, origin: Origin): Promise<void> {
  await mkdir(dir, { recursive: true });
  const part = `${file(dir)}.${process.pid}`;
  await writeFile(part, `${JSON.stringify(origin, null, 2)}\n`, { mode: 0o600 });
  await rename(part, file(dir));
}
