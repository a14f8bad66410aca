/** What was found in the contents of files, in text. */
import type { ImageScan } from '@pratique/contract';
import { formatTable, shorten, visible } from '../text.ts';

const MAX_UNEXAMINED = 10;

export function describeContents(
  { secrets, malware, unexamined, baseline }: ImageScan,
  width: number | null,
): string[] {
  const cut = (text: string, most: number) => (width === null ? visible(text) : shorten(visible(text), most));
  const lines: string[] = [];
  if (malware && malware.length > 0)
    lines.push(
      '',
      formatTable(
        ['MALWARE', 'SEVERITY', 'FAMILY', 'FILE', 'FOUND BY'],
        malware.map((one) => [one.id, one.severity, one.family, cut(one.path, 60), one.source]),
      ),
    );
  if (secrets && secrets.length > 0)
    lines.push(
      '',
      formatTable(
        ['SECRET', 'SEVERITY', 'BEGINS WITH', 'STATE', 'WHERE'],
        secrets.map((one) => [one.id, one.severity, one.redacted, one.state, cut(whereIs(one), 60)]),
      ),
    );
  const failed = baseline?.filter((one) => one.status === 'failed') ?? [];
  if (failed.length > 0)
    lines.push(
      '',
      formatTable(
        ['CHECK', 'SEVERITY', 'WHAT SHOULD BE', 'FOUND'],
        failed.map((one) => [one.id, one.severity, cut(one.title, 60), cut(foundBy(one), 60)]),
      ),
    );
  if (unexamined && unexamined.length > 0)
    lines.push(
      '',
      'Contents that could not be examined, or not wholly:',
      ...unexamined.slice(0, MAX_UNEXAMINED).map((one) => `  ${visible(one.path)}: ${visible(one.detail)}`),
      ...(unexamined.length > MAX_UNEXAMINED ? [`  … and ${unexamined.length - MAX_UNEXAMINED} more`] : []),
    );
  return lines;
}

function foundBy({ evidence, evidenceCount }: NonNullable<ImageScan['baseline']>[number]): string {
  const [first] = evidence;
  if (first === undefined) return '';
  return evidenceCount > 1 ? `${first} and ${evidenceCount - 1} more` : first;
}

function whereIs({ places, placeCount }: NonNullable<ImageScan['secrets']>[number]): string {
  const [first] = places;
  if (!first) return '';
  const at = first.where === 'file' ? `${first.path}:${first.line}` : `${first.where} ${first.path}`;
  return placeCount > 1 ? `${at} and ${placeCount - 1} more` : at;
}
