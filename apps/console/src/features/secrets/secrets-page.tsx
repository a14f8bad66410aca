/** Secrets of all images of the account, each once: how bad, whether a container sees it, and in how many images. */
import { type HeldSecret, Severity } from '@pratique/contract';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { useAccount } from '../../shell/session.ts';
import { Choice } from '../../ui/choice.tsx';
import type { Column } from '../../ui/column.ts';
import { PageHead } from '../../ui/page.tsx';
import { SEVERITIES, SeverityMark } from '../../ui/severity.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { AreaTabs } from '../images/area-tabs.tsx';
import { narrowedBy } from './fingerprint.ts';
import { HeldTable } from './held-table.tsx';
import { Narrowing } from './narrowing.tsx';
import { SecretMention } from './secret-mention.tsx';
import { SecretStateMark } from './secret-state.tsx';
import { useHeldSecrets } from './use-secrets.ts';

const keyOf = (row: HeldSecret): string => row.fingerprint;

export function SecretsPage() {
  const { account } = useAccount();
  const { contents, words } = useText();
  const table = useTableState();
  const narrowed = useMemo(() => narrowedBy(['kind', 'severity', 'state', 'repository'], table.param), [table]);
  return (
    <div className="page wide">
      <AreaTabs account={account} />
      <PageHead title={contents.secrets} lead={contents.secretsLead} />
      <HeldTable
        query={useHeldSecrets(account, narrowed)}
        label={contents.secrets}
        columns={useColumns(account)}
        keyOf={keyOf}
        isNarrowed={Object.keys(narrowed).length > 0}
        none={{ title: contents.nothingHeld, hint: contents.nothingHeldHint }}
        filters={
          <>
            <Choice
              name="state"
              label={words.state}
              options={[
                ['', contents.anyState],
                ['reachable', contents.states.reachable],
                ['removed-later', contents.states['removed-later']],
              ]}
            />
            <Choice
              name="severity"
              label={words.severity}
              options={[
                ['', contents.anySeverity],
                ...SEVERITIES.filter((one) => Severity.options.includes(one)).map(
                  (one) => [one, words.severities[one]] as const,
                ),
              ]}
            />
            <Narrowing names={['kind', 'repository']} />
          </>
        }
      />
    </div>
  );
}

function useColumns(account: string): readonly Column<HeldSecret>[] {
  const { contents, words } = useText();
  const { number } = useFormat();
  return useMemo(
    () => [
      { id: 'severity', head: words.severity, width: 104, cell: (row) => <SeverityMark severity={row.severity} /> },
      {
        id: 'kind',
        head: words.kind,
        cell: (row) => (
          <Link to={paths.secret(account, row.fingerprint)} title={`${row.title} (${row.kind})`}>
            {row.title}
          </Link>
        ),
      },
      {
        id: 'redacted',
        head: contents.redacted,
        width: 232,
        cell: (row) => <code title={row.redacted}>{row.redacted}</code>,
      },
      { id: 'state', head: words.state, width: 144, cell: (row) => <SecretStateMark state={row.state} /> },
      { id: 'images', head: contents.images, width: 96, number: true, cell: (row) => number(row.images) },
      {
        id: 'repositories',
        head: words.repositories,
        width: 112,
        number: true,
        cell: (row) => number(row.repositories),
      },
      {
        id: 'fingerprint',
        head: contents.fingerprint,
        width: 136,
        cell: (row) => <SecretMention account={account} fingerprint={row.fingerprint} />,
      },
    ],
    [account, contents, words, number],
  );
}
