/** VEX documents given on the command line. */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ImageScan } from '@pratique/contract';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';

const MAX_BYTES = 256 * 1024 * 1024;

/** Applies the statements; what they clear is left out unless everything is asked for. @throws CliError usage; ScanError `vex-invalid` */
export async function applyVexFiles(
  context: Context,
  scan: ImageScan,
  { vex, all }: { vex?: string[]; all?: boolean },
): Promise<ImageScan> {
  if (!vex || vex.length === 0) return scan;
  const { prepareVex, readVex } = await import('@pratique/scan/vex');
  const documents = [];
  for (const name of vex) {
    const file = resolve(context.cwd, name);
    const found = await stat(file).catch(() => null);
    if (!found?.isFile() || found.size > MAX_BYTES)
      throw new CliError(EXIT.usage, `${name} is no VEX document that can be read`);
    documents.push(readVex(name, await readFile(file)));
  }
  const findings = prepareVex(documents)(scan.findings, {
    names: [scan.image.reference],
    digest: scan.image.digest,
  }).map((finding) =>
    finding.status === 'not-affected' ? { ...finding, priority: { score: 0, factors: [] } } : finding,
  );
  const said = findings.filter((finding) => finding.vex !== undefined).length;
  const cleared = findings.filter((finding) => finding.vex && finding.status === 'not-affected').length;
  context.note(`VEX: ${said} findings have a statement, ${cleared} of them do not affect it.\n`);
  return { ...scan, findings: all ? findings : findings.filter((finding) => finding.status !== 'not-affected') };
}

/** Gathers an option that may be given several times. */
export const several = (value: string, before: string[] = []): string[] => [...before, value];
