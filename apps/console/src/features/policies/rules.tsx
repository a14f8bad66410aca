/** The constraints of the account's bundle. */
import type { PolicyBundleInfo } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { DigestText } from '../../ui/copyable.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { ChangeRulesDialog } from './change-rules-dialog.tsx';
import { type Rule, RuleDialog } from './rule-dialog.tsx';
import { usePolicy } from './use-policies.ts';

export function Rules() {
  const { policies } = useText();
  const { account } = useAccount();
  return (
    <Answered query={usePolicy(account)} what={policies.rules}>
      {(bundle) => <RuleTable bundle={bundle} />}
    </Answered>
  );
}

const keyOf = (row: Rule): string => row.name;
const textOf = (row: Rule): string => `${row.name} ${row.title} ${row.template} ${row.description}`;

function RuleTable({ bundle }: { bundle: PolicyBundleInfo }) {
  const { policies } = useText();
  const { may } = useAccount();
  const table = useTableState();
  const [changing, setChanging] = useState(false);
  const columns = useColumns((rule) => table.set({ rule }));
  const open = bundle.constraints.find((rule) => rule.name === table.param('rule'));
  return (
    <>
      <p className="above-table bundle">
        <span>
          {policies.bundle(String(bundle.version))} · <DigestText digest={bundle.digest} /> ·{' '}
          {policies.chainBy(bundle.createdBy)} · <Moment at={bundle.createdAt} />
        </span>
        {may('maintainer') && <Button onClick={() => setChanging(true)}>{policies.change}</Button>}
      </p>
      <DataTable
        label={policies.rules}
        rows={bundle.constraints}
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        empty={<Empty title={policies.noRules} />}
      />
      {open && <RuleDialog rule={open} onClose={() => table.set({ rule: '' })} />}
      {changing && <ChangeRulesDialog onClose={() => setChanging(false)} />}
    </>
  );
}

function useColumns(open: (rule: string) => void): readonly Column<Rule>[] {
  const { policies, words } = useText();
  return useMemo(
    () => [
      {
        id: 'rule',
        head: policies.rule,
        width: 248,
        sort: (row) => row.name,
        cell: (row) => (
          <Button look="bare" onClick={() => open(row.name)}>
            {row.name}
          </Button>
        ),
      },
      {
        id: 'action',
        head: policies.action,
        width: 128,
        sort: (row) => row.action,
        cell: (row) => (
          <span className="step-mark">
            <StepSign state={row.action === 'deny' ? 'denied' : row.action === 'warn' ? 'waiting' : 'skipped'} />
            {(words.actions as Record<string, string>)[row.action] ?? row.action}
          </span>
        ),
      },
      {
        id: 'target',
        head: policies.target,
        width: 104,
        sort: (row) => row.target,
        cell: (row) => targetName(row.target, policies.targets),
      },
      {
        id: 'description',
        head: words.description,
        cell: (row) => <span title={row.description}>{row.description}</span>,
      },
    ],
    [open, policies, words],
  );
}

export function targetName(target: string, names: { image: string; kubernetes: string }): string {
  if (target.startsWith('image.')) return names.image;
  return target.startsWith('admission.') ? names.kubernetes : target;
}
