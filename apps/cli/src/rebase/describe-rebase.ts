/** What a rebase did, or why it was refused, in text. */
import type { RebaseReport, RebaseResult, RepairFinding } from '@pratique/contract';
import { visible } from '../text.ts';

const MAX_FINDINGS = 20;

export function describeRebase({ to, destination, images, findings }: RebaseReport, dryRun: boolean): string {
  const lines: string[] = [];
  if (to !== null)
    lines.push(
      dryRun ? `It would become ${to}; nothing was written.` : `${destination ?? ''}\n${to}`,
      `findings: ${findings.before} before, ${findings.after} after`,
    );
  else if (images.every(({ conflicts }) => conflicts.length === 0)) lines.push('It stands on that base already.');
  else lines.push('It was not put on the other base: something would not fit together.');
  for (const image of images) lines.push('', ...describeImage(image));
  return lines.join('\n');
}

function describeImage({ platform, layers, conflicts, moreConflicts, settings, ...result }: RebaseResult): string[] {
  if (conflicts.length > 0)
    return [
      `${platform}:`,
      ...conflicts.map(({ kind, path, detail }) => visible(`  ${kind}${path === null ? '' : ` ${path}`}: ${detail}`)),
      ...(moreConflicts > 0 ? [`  … and ${moreConflicts} more`] : []),
    ];
  if (result.to === null) return [`${platform}: unchanged`];
  const follow = settings.filter(({ from }) => from === 'new-base').map(({ name }) => name);
  const keep = settings.filter(({ from }) => from === 'application').map(({ name }) => name);
  return [
    `${platform}: ${layers.kept} layers of the application on ${layers.with} of the new base, in place of ${layers.replaced}`,
    ...(follow.length > 0 ? [visible(`  follows the new base: ${follow.join(', ')}`)] : []),
    ...(keep.length > 0 ? [visible(`  stays the application’s: ${keep.join(', ')}`)] : []),
    ...(result.gone.length > 0 ? [`  cleared: ${listed(result.gone)}`] : []),
    ...(result.left.length > 0 ? [`  left: ${result.left.length}`] : []),
    ...(result.new.length > 0 ? [`  new: ${listed(result.new)}`] : []),
  ];
}

function listed(findings: readonly RepairFinding[]): string {
  const names = [...new Set(findings.map((one) => visible(`${one.id} (${one.package})`)))];
  const more = names.length > MAX_FINDINGS ? ` and ${names.length - MAX_FINDINGS} more` : '';
  return `${names.slice(0, MAX_FINDINGS).join(', ')}${more}`;
}
