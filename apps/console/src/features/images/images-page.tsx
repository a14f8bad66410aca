/** All tags of the account with their verdicts. */
import type { ImageRow } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import { Choice } from '../../ui/choice.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Answered, Empty, SkeletonRows } from '../../ui/states.tsx';
import { useSteadyRows } from '../../ui/use-steady-rows.ts';
import { useTableState } from '../../ui/use-table-state.ts';
import { type Standing, standingOf } from '../../ui/verdict-mark.tsx';
import { AreaTabs } from './area-tabs.tsx';
import { useImageColumns } from './image-columns.tsx';
import { type Images, useImages, useRepositories } from './use-images.ts';

const STANDINGS: readonly Standing[] = ['allowed', 'refused', 'expired', 'revoked', 'pending'];

export function ImagesPage() {
  const { account } = useAccount();
  const { images } = useText();
  const { number } = useFormat();
  const repository = useTableState().param('repository');
  const query = useImages(account, repository);
  const repositories = useRepositories(account);
  const lead =
    query.data && repositories.data
      ? images.lead(number(query.data.rows.length), number(repositories.data.length))
      : undefined;
  return (
    <div className="page">
      <AreaTabs account={account} />
      <PageHead title={images.title} lead={lead} />
      <Answered query={query} what={images.title} skeleton={<SkeletonRows rows={12} />}>
        {(found) => (
          <ImageTable
            found={found}
            scope={`${account} ${repository}`}
            repositories={repositories.data?.map((one) => one.name) ?? []}
          />
        )}
      </Answered>
    </div>
  );
}

const keyOf = (row: ImageRow): string => `${row.repository}:${row.tag}`;
const textOf = (row: ImageRow): string => `${row.repository}:${row.tag} ${row.digest} ${row.pushedBy}`;

function ImageTable({ found, scope, repositories }: { found: Images; scope: string; repositories: string[] }) {
  const { images, shell } = useText();
  const { number } = useFormat();
  const { account } = useAccount();
  const columns = useImageColumns(account);
  const wanted = useTableState().param('verdict');
  const { shown, waiting, accept } = useSteadyRows(found.rows, keyOf, scope);
  const rows =
    wanted === ''
      ? shown
      : shown.filter((row) => standingOf({ decision: row.decision, state: row.verdictState }) === wanted);
  if (found.rows.length === 0 && repositories.length === 0) return <NoImages account={account} />;
  return (
    <>
      {found.more && <p className="quiet">{images.capped(number(found.rows.length))}</p>}
      {waiting > 0 && (
        <p className="new-rows" role="status">
          <Button onClick={accept}>{shell.newRows(number(waiting))}</Button>
        </p>
      )}
      <DataTable
        label={images.label}
        rows={rows}
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        empty={<Empty title={images.standing[wanted as Standing] ?? images.emptyTitle} />}
        filters={
          <>
            <Choice
              name="verdict"
              label={images.verdict}
              options={[['', images.anyVerdict], ...STANDINGS.map((one) => [one, images.standing[one]] as const)]}
            />
            <Choice
              name="repository"
              label={images.anyRepository}
              options={[['', images.anyRepository], ...repositories.map((name) => [name, name] as const)]}
            />
          </>
        }
      />
    </>
  );
}

function NoImages({ account }: { account: string }) {
  const { images } = useText();
  const { host } = location;
  return (
    <Empty
      title={images.emptyTitle}
      hint={images.emptyLead}
      command={`docker login ${host}\ndocker tag my-app ${host}/${account}/my-app:1.0\ndocker push ${host}/${account}/my-app:1.0`}
    />
  );
}
