/** The parts of a package's page: its versions, their findings, and who has them. */
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { AnsweredPages } from '../../ui/answered-pages.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/states.tsx';
import { FindingsTable } from '../findings/findings-table.tsx';
import { HoldingCustomers } from '../holders/holding-customers.tsx';
import { HoldingImages } from '../holders/holding-images.tsx';
import { HoldingPlacements } from '../holders/holding-placements.tsx';
import { keyOfPackage, usePackageColumns } from './package-columns.tsx';
import { type AskedPackage, usePackages } from './use-packages.ts';

export type PartId = 'versions' | 'findings' | 'images' | 'running' | 'customers';
type Props = { account: string; asked: AskedPackage; show: PartId; total: number };

export function PackagePart({ account, asked, show, total }: Props) {
  const { findings, holders, packages } = useText();
  const held = useMemo(() => ({ account, path: ['package'], query: { ...asked } }), [account, asked]);
  const narrowed = useMemo(() => {
    const { type, name, version, purl } = asked;
    return { type, package: name, version, purl };
  }, [asked]);
  switch (show) {
    case 'versions':
      return <Versions account={account} asked={asked} />;
    case 'findings':
      return (
        <FindingsTable
          account={account}
          asked={narrowed}
          total={total}
          empty={<Empty title={findings.none} hint={packages.noFindingsHint} />}
        />
      );
    case 'images':
      return <HoldingImages asked={held} empty={<Empty title={holders.noImages} />} />;
    case 'running':
      return (
        <HoldingPlacements
          asked={held}
          empty={<Empty title={holders.noContainers} hint={holders.noContainersHint} />}
        />
      );
    case 'customers':
      return <HoldingCustomers asked={held} empty={<Empty title={holders.noCustomers} />} />;
  }
}

function Versions({ account, asked }: { account: string; asked: AskedPackage }) {
  const { packages: text, holders } = useText();
  const { type, name, version, purl } = asked;
  const query = usePackages(account, { type, name, ...(version ? { version } : {}), ...(purl ? { purl } : {}) });
  const all = usePackageColumns(account, true);
  const columns = useMemo(
    () =>
      all
        .filter((column) => column.id !== 'package' && column.id !== 'type')
        .toSorted((a, b) => place(a.id) - place(b.id)),
    [all],
  );
  return (
    <AnsweredPages query={query} what={text.versions} more={holders.more}>
      {(rows) => (
        <DataTable
          label={text.versions}
          rows={rows}
          columns={columns}
          keyOf={keyOfPackage}
          textOf={keyOfPackage}
          empty={<Empty title={text.none} />}
        />
      )}
    </AnsweredPages>
  );
}

/** The version stands first. */
const place = (id: string): number => (id === 'version' ? 0 : 1);
