/** The forms that a scan is printed in. */
import type { ImageScan } from '@pratique/contract';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { VERSION } from '../version.ts';
import { describeScan } from './describe-scan.ts';

export const FORMATS = ['table', 'json', 'sarif', 'cyclonedx', 'spdx', 'html'] as const;
export type Format = (typeof FORMATS)[number];

/** @throws CliError usage */
export function readFormat(format: string | undefined, json: boolean | undefined): Format {
  if (format === undefined) return json ? 'json' : 'table';
  const found = FORMATS.find((one) => one === format);
  if (!found) throw new CliError(EXIT.usage, `--format takes one of ${FORMATS.join(', ')}`);
  if (json && found !== 'json')
    throw new CliError(EXIT.usage, '--json and --format name two formats; give one of them');
  return found;
}

/** @param ignored what an ignore file took out of the findings @param all the table leaves nothing out */
export async function formatScan(
  context: Context,
  format: Format,
  scan: ImageScan,
  ignored: readonly object[] = [],
  all = false,
): Promise<string> {
  switch (format) {
    case 'table':
      return `${await describeScan(scan, context.width, all)}\n`;
    case 'json':
      return jsonOf(ignored.length > 0 ? { ...scan, ignored } : scan);
    case 'sarif':
      return jsonOf((await import('@pratique/scan/report/to-sarif')).toSarif(scan, VERSION));
    case 'html':
      return (await import('@pratique/scan/report/to-html')).toHtml(scan, {
        toolVersion: VERSION,
        created: new Date().toISOString(),
      });
    case 'cyclonedx':
    case 'spdx':
      return writeSbom(format, scan, scan.findings);
  }
}

/** @param findings null: the document says what is inside, and nothing of what is known about it */
export async function writeSbom(
  format: 'cyclonedx' | 'spdx',
  { image, packages, missing }: ImageScan,
  findings: ImageScan['findings'] | null = null,
): Promise<string> {
  const { toCycloneDx, toSpdx } = await import('@pratique/scan');
  const subject = {
    name: image.reference,
    digest: image.digest,
    created: new Date().toISOString(),
    toolVersion: VERSION,
  };
  const inventory = { revision: 0, distribution: image.distribution, packages, files: [], missing };
  return jsonOf(format === 'spdx' ? toSpdx(inventory, subject) : toCycloneDx(inventory, subject, findings));
}

const jsonOf = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
