/** A fix plan in text. */
import type { FixLeft, FixPlan } from '@pratique/contract';
import { formatTable, visible } from '../text.ts';

const MAX_LEFT = 100;

export function describePlan({ subject, upgrades, left, patch }: FixPlan): string {
  const cleared = upgrades.reduce((sum, one) => sum + one.clears.length, 0);
  const lines = [
    `${subject}: upgrades: ${upgrades.length}; findings of packages cleared: ${cleared}, left: ${left.length}`,
  ];
  if (upgrades.length > 0)
    lines.push(
      '',
      formatTable(
        ['PACKAGE', 'FROM', 'TO', 'CLEARS', 'BY', 'WHERE'],
        upgrades.map((one) => [one.name, one.from, one.to, String(one.clears.length), one.change, one.path]),
      ),
    );
  for (const one of upgrades) {
    const told = [
      ...one.notes,
      ...(one.change === 'command' && one.commands.length > 0 ? [one.commands.join(' && ')] : []),
    ];
    if (told.length > 0) lines.push('', `${visible(one.name)} ${visible(one.to)}, in ${visible(one.path)}:`);
    lines.push(...told.map((text) => `  ${visible(text)}`));
  }
  if (left.length > 0) lines.push('', 'What stays, and why:', ...describeLeft(left));
  if (patch !== null)
    lines.push('', 'Changes by `patch` are in the patch: --patch prints it, --output FILE writes it.');
  return lines.join('\n');
}

/** Findings of one package that stay for one reason are one line. */
function describeLeft(left: readonly FixLeft[]): string[] {
  const groups = new Map<string, FixLeft[]>();
  for (const one of left) {
    const key = JSON.stringify([one.package, one.version, one.path, one.detail, one.offered?.version]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const lines = [...groups.values()].slice(0, MAX_LEFT).flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const ids = group.slice(0, 5).map(({ id }) => id);
    const more = group.length > ids.length ? ` and ${group.length - ids.length} more` : '';
    const offer =
      first.offered && first.offered.commands.length > 0 ? `    ${first.offered.commands.join(' && ')}` : null;
    return [
      visible(`  ${first.package} ${first.version}: ${ids.join(', ')}${more}`),
      visible(`    ${first.reason}: ${first.detail}`),
      ...(offer === null ? [] : [visible(offer)]),
    ];
  });
  return groups.size > MAX_LEFT ? [...lines, `  … and ${groups.size - MAX_LEFT} packages more`] : lines;
}
