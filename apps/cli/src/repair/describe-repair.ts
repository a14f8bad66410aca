/** What a repair did and left, in text. */
import type { RepairResult } from '@pratique/contract';
import { formatBytes, formatTable, visible } from '../text.ts';
import type { Repaired } from './repair-subject.ts';

const MAX_FINDINGS = 20;

export function describeRepair({ result, destination, findings }: Repaired, dryRun: boolean): string {
  const { to, upgraded, left, gone, layer } = result;
  const lines: string[] = [];
  if (to === null) lines.push('There is nothing to repair: no package has a newer version that can be put in.');
  else {
    lines.push(
      dryRun ? `It would become ${to}; nothing was written.` : `${destination ?? ''}\n${to}`,
      `${upgraded.length} packages upgraded${layer ? ` in a layer of ${formatBytes(layer.size)}` : ''}; findings: ${findings.before} before, ${findings.after} after`,
      '',
      formatTable(
        ['PACKAGE', 'FROM', 'TO', 'SUITE'],
        upgraded.map((one) => [
          visible(one.name),
          visible(one.from ?? one.replaces?.map(({ name, version }) => `${name} ${version}`).join(', ') ?? 'new'),
          visible(one.to),
          visible(one.suite),
        ]),
      ),
    );
    if (gone.length > 0) lines.push('', `Cleared: ${listed(gone)}`);
    if (result.new.length > 0) lines.push('', `New: ${listed(result.new)}`);
  }
  if (left.length > 0)
    lines.push(
      '',
      'Left as they are:',
      formatTable(
        ['PACKAGE', 'INSTALLED', 'OFFERED', 'WHY'],
        left.map((one) => [
          visible(one.name),
          visible(one.version),
          visible(one.candidate ?? '–'),
          visible(one.detail),
        ]),
      ),
    );
  lines.push(...describeScripts(result));
  if (result.smoke)
    lines.push(`Start: ${result.smoke.outcome === 'same' ? '' : 'not tried, since '}${result.smoke.detail}`);
  for (const { path, was, now } of result.differences)
    lines.push(`${visible(path)} was ${was.replaceAll('-', ' ')}, and is ${now.replaceAll('-', ' ')} now`);
  return lines.join('\n');
}

function describeScripts({ scripts }: RepairResult): string[] {
  const count = (handled: string) => scripts.filter((one) => one.handled === handled).length;
  if (scripts.length === 0) return [];
  return [
    '',
    `Maintainer scripts: ${count('built-in')} done by built-in steps, ${count('sandbox')} run in the sandbox, ${count('not-needed')} not needed, ${count('not-done')} not done (their packages are left).`,
  ];
}

function listed(findings: RepairResult['gone']): string {
  const names = [...new Set(findings.map((one) => visible(`${one.id} (${one.package})`)))];
  const more = names.length > MAX_FINDINGS ? ` and ${names.length - MAX_FINDINGS} more` : '';
  return `${names.slice(0, MAX_FINDINGS).join(', ')}${more}`;
}
