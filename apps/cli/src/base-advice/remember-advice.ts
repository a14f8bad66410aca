/** Keeps the last advice on an image, so that its scans can tell it without scanning other bases again. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageScan } from '@pratique/contract';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { cacheOf } from '../scan/advisories.ts';

const Kept = z.object({ line: z.string().max(2000), snapshot: z.string().nullable() });

const fileOf = (context: Context, digest: string): string =>
  join(cacheOf(context), 'base-advice', `${digest.replace(/^sha256:/, '')}.json`);

export async function rememberAdvice(
  context: Context,
  digest: string,
  line: string,
  snapshot: string | null,
): Promise<void> {
  const file = fileOf(context, digest);
  await mkdir(join(cacheOf(context), 'base-advice'), { recursive: true });
  await writeFile(`${file}.${process.pid}`, JSON.stringify({ line, snapshot }));
  await rename(`${file}.${process.pid}`, file);
}

/** Null where none was given, or the advisories have changed since. */
export async function rememberedAdvice(context: Context, { image, findings }: ImageScan): Promise<string | null> {
  const [first] = findings;
  if (!first || image.digest === null || !/^sha256:[a-f0-9]{64}$/.test(image.digest)) return null;
  try {
    const kept = Kept.parse(JSON.parse(await readFile(fileOf(context, image.digest), 'utf8')));
    return kept.snapshot === first.evidence.snapshot ? kept.line : null;
  } catch {
    return null;
  }
}
