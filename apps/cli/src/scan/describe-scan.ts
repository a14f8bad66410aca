/** A scan in text. */
import type { ImageScan } from '@pratique/contract';
import { formatTable, visible } from '../text.ts';

export function describeScan(scan: ImageScan): string {
  const lines = [
    `${scan.image.reference}: ${scan.image.distribution?.name ?? 'no distribution'}, ${scan.packages.length} packages, ${scan.findings.length} findings`,
  ];
  if (scan.findings.length > 0)
    lines.push(
      '',
      formatTable(
        ['ID', 'SEVERITY', 'PACKAGE', 'INSTALLED', 'FIXED IN', 'STATUS'],
        scan.findings.map((f) => [
          f.exploited ? `${f.id} (exploited)` : f.id,
          f.severity,
          f.package.name,
          f.package.version,
          f.fixedVersion ?? '–',
          f.status,
        ]),
      ),
    );
  if (scan.uncovered.length > 0)
    lines.push(
      '',
      'No advisories are at hand for:',
      ...scan.uncovered.map((one) => `  ${visible(one.ecosystem)}: ${one.packages} packages (${visible(one.reason)})`),
    );
  if (scan.missing.length > 0)
    lines.push(
      '',
      'Not examined, so the result is partial:',
      ...scan.missing.slice(0, 20).map((one) => `  ${one.what} ${visible(one.path)}: ${visible(one.detail)}`),
      ...(scan.missing.length > 20 ? [`  … and ${scan.missing.length - 20} more`] : []),
    );
  return lines.join('\n');
}
