/** What the account's images are made of, found by name and version. */
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { shellWord } from '../../format/reference.ts';
import { useAccount } from '../../shell/session.ts';
import { Choice } from '../../ui/choice.tsx';
import { Command } from '../../ui/copyable.tsx';
import { PageHead } from '../../ui/page.tsx';
import { PagedTable } from '../../ui/paged-table.tsx';
import { Empty, Failure, SkeletonRows } from '../../ui/states.tsx';
import { FilterInput } from '../../ui/table-tools.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { AreaTabs } from '../images/area-tabs.tsx';
import { keyOfPackage, usePackageColumns } from './package-columns.tsx';
import { type PackageSearch, usePackages } from './use-packages.ts';

/** As purls call them. */
const TYPES = ['deb', 'apk', 'rpm', 'npm', 'pypi', 'golang', 'cargo', 'maven', 'gem', 'composer', 'nuget', 'generic'];

export function PackagesPage() {
  const { account } = useAccount();
  const { packages: text, words } = useText();
  const table = useTableState();
  const asked = useMemo(() => {
    const search = table.q.trim();
    const [type, version, covered] = [table.param('type'), table.param('version'), table.param('covered')];
    return {
      ...(search && { search }),
      ...(type && { type }),
      ...(version && { version }),
      ...(covered && { covered }),
    };
  }, [table]);
  return (
    <div className="page wide">
      <AreaTabs account={account} />
      <PageHead title={text.title} lead={text.lead} />
      <PackageTable account={account} asked={asked} />
      <div className="command-below">
        <Command label={words.sameInTerminal} text={commandOf(account, asked)} />
      </div>
    </div>
  );
}

function commandOf(account: string, { search, type, version, covered }: PackageSearch): string {
  const words = ['pratique', 'packages', account];
  if (search) words.push('--search', search);
  if (type) words.push('--type', type);
  if (version) words.push('--package-version', version);
  if (covered) words.push(covered === 'true' ? '--covered' : '--no-covered');
  return words.map(shellWord).join(' ');
}

function PackageTable({ account, asked }: { account: string; asked: PackageSearch }) {
  const { packages: text, states, words } = useText();
  const table = useTableState();
  const query = usePackages(account, asked);
  const columns = usePackageColumns(account, false);
  const rows = useMemo(() => query.data?.pages.flat() ?? [], [query.data]);
  const { set } = table;
  const setVersion = useMemo(() => (version: string) => set({ version }), [set]);
  if (!query.data && query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      {query.error && <Failure error={query.error} retry={() => void query.fetchNextPage()} />}
      <PagedTable
        label={text.title}
        rows={rows}
        total={null}
        columns={columns}
        keyOf={keyOfPackage}
        table={table}
        sorted={null}
        more={query}
        busy={query.isPlaceholderData}
        filters={
          <>
            <FilterInput
              value={table.param('version')}
              label={text.versionBegins}
              hint={text.versionBegins}
              onChange={setVersion}
            />
            <Choice
              name="type"
              label={words.type}
              options={[['', text.anyType], ...TYPES.map((one) => [one, one] as const)]}
            />
            <Choice
              name="covered"
              label={text.coverage}
              options={[
                ['', text.anyCoverage],
                ['true', text.covered],
                ['false', text.notCovered],
              ]}
            />
          </>
        }
        empty={
          query.data ? (
            <Empty
              title={Object.keys(asked).length > 0 ? states.noMatch : text.none}
              {...(Object.keys(asked).length > 0 ? {} : { hint: text.noneHint })}
            />
          ) : (
            <div role="status" aria-busy="true">
              <span className="visually-hidden">{states.loading(text.title)}</span>
              <SkeletonRows rows={12} />
            </div>
          )
        }
      />
    </>
  );
}
