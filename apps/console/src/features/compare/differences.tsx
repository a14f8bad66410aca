/** The differences: findings that came, findings that went, packages that moved. */
import type { ImageComparison } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { Section, Tabs, useShown } from '../../ui/page.tsx';
import { ComparedFindings } from './compared-findings.tsx';
import { ComparedPackages } from './compared-packages.tsx';
import { changesOf } from './say-comparison.ts';

const KEPT = ['repository', 'from', 'with', 'to'];

export function Differences({ account, comparison }: { account: string; comparison: ImageComparison }) {
  const { compare } = useText();
  const { number } = useFormat();
  const { findings, packages, from, to } = comparison;
  const changes = changesOf(packages);
  const tabs = [
    { id: 'new', label: compare.brought, count: number(findings.new.length) },
    { id: 'gone', label: compare.gone, count: number(findings.gone.length) },
    { id: 'packages', label: compare.packages, count: number(changes.length) },
  ];
  const shown = useShown(tabs);
  return (
    <Section title={compare.differences} aside={<span className="quiet">{compare.left(number(findings.left))}</span>}>
      <Tabs tabs={tabs} label={compare.differences} keep={KEPT} />
      {shown === 'packages' && <ComparedPackages changes={changes} />}
      {shown === 'new' && (
        <ComparedFindings key="new" account={account} findings={findings.new} of={to} label={compare.brought} />
      )}
      {shown === 'gone' && (
        <ComparedFindings key="gone" account={account} findings={findings.gone} of={from} label={compare.gone} />
      )}
    </Section>
  );
}
