/** One package in all versions that the account's images hold: what is known of it, who has it, where it runs. */
import type { PackagePage as Answer } from '@pratique/contract';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { shellWord } from '../../format/reference.ts';
import { useAccount } from '../../shell/session.ts';
import { Command } from '../../ui/copyable.tsx';
import { NumberList, type ShownNumber } from '../../ui/number-list.tsx';
import { PageHead, Tabs, useShown } from '../../ui/page.tsx';
import { SEVERITIES } from '../../ui/severity.tsx';
import { Answered } from '../../ui/states.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { AreaTabs } from '../images/area-tabs.tsx';
import { PackageFacts } from './package-facts.tsx';
import { PackagePart, type PartId } from './package-part.tsx';
import { sentenceOf } from './sentence.ts';
import { type AskedPackage, usePackage } from './use-packages.ts';

const KEPT = ['type', 'name', 'version', 'purl'];

export function PackagePage() {
  const { account } = useAccount();
  const { packages: text, words } = useText();
  const table = useTableState();
  const asked = useMemo((): AskedPackage => {
    const [version, purl] = [table.param('version'), table.param('purl')];
    return {
      type: table.param('type'),
      name: table.param('name'),
      ...(version ? { version, exact: 'true' } : {}),
      ...(purl ? { purl } : {}),
    };
  }, [table]);
  const query = usePackage(account, asked);
  const { number } = useFormat();
  const lead = query.data ? sentenceOf(query.data, text, number) : undefined;
  const only = asked.purl ?? asked.version;
  return (
    <div className="page wide">
      <AreaTabs account={account} />
      <PageHead title={asked.name} lead={lead} />
      {only !== undefined && (
        <p className="above-table">
          {text.only} <code>{only}</code>{' '}
          <Link to={paths.package(account, { type: asked.type, name: asked.name })}>{text.allVersions}</Link>
        </p>
      )}
      <Answered query={query} what={asked.name}>
        {(page) => <Body account={account} asked={asked} page={page} />}
      </Answered>
      <div className="command-below">
        <Command
          label={words.sameInTerminal}
          text={['pratique', 'packages', account, asked.name, '--type', asked.type].map(shellWord).join(' ')}
        />
      </div>
    </div>
  );
}

function Body({ account, asked, page }: { account: string; asked: AskedPackage; page: Answer }) {
  const { packages: text, images, holders } = useText();
  const { number } = useFormat();
  const total = SEVERITIES.reduce((sum, severity) => sum + page.findings[severity], 0);
  const tabs: { id: PartId; label: string; count: string }[] = [
    { id: 'versions', label: text.versions, count: number(page.versions) },
    { id: 'findings', label: images.findings, count: number(total) },
    { id: 'images', label: holders.images, count: number(page.holders.images) },
    { id: 'running', label: holders.containers, count: number(page.holders.containers) },
    { id: 'customers', label: holders.customers, count: number(page.holders.customers) },
  ];
  const shown = useShown(tabs);
  const at = (show: PartId): string => paths.package(account, asked, { show });
  const numbers: ShownNumber[] = [
    {
      to: at('findings'),
      label: images.findings,
      value: number(total),
      beside: text.besideFindings(number(page.fixable), number(page.exploited)),
    },
    {
      to: at('images'),
      label: holders.images,
      value: number(page.holders.images),
      beside: holders.inRepositories(number(page.holders.repositories)),
    },
    {
      to: at('running'),
      label: holders.containers,
      value: number(page.holders.containers),
      beside: holders.inClusters(number(page.holders.clusters)),
    },
    {
      to: at('customers'),
      label: holders.customersNumber,
      value: number(page.holders.customers),
      beside: holders.receivedIt,
    },
  ];
  return (
    <>
      <NumberList label={holders.numbers} numbers={numbers} />
      <PackageFacts page={page} />
      <Tabs tabs={tabs} label={text.parts} keep={KEPT} />
      <PackagePart
        account={account}
        asked={asked}
        show={tabs.find((tab) => tab.id === shown)?.id ?? 'versions'}
        total={total}
      />
    </>
  );
}
