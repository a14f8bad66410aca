/** Why the verdict is what it is: each rule once, with all it said behind it. */
import type { ImageStatus } from '@pratique/contract';
import { Link, useSearchParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { imageName } from '../../format/reference.ts';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { Command } from '../../ui/copyable.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Section } from '../../ui/page.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { AdvisoryText } from '../advisory/advisory-text.tsx';
import { graceOf, groupReasons, type RuleSays } from './group-reasons.ts';

/** Stands among the reasons without being a rule of the account. */
const REVOCATION = 'revocation';

export function Reasons({ image }: { image: ImageStatus }) {
  const { image: text } = useText();
  const [search, setSearch] = useSearchParams();
  if (!image.verdict) return null;
  const rules = groupReasons(image.verdict.reasons);
  const open = rules.find((rule) => rule.constraint === search.get('why'));
  const show = (constraint: string | null): void =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        for (const key of ['why', 'why-q', 'why-sort', 'why-hide']) next.delete(key);
        if (constraint !== null) next.set('why', constraint);
        return next;
      },
      { preventScrollReset: true },
    );
  return (
    <Section title={text.reasons}>
      {rules.length === 0 && <p className="quiet">{text.noReasons}</p>}
      <ul className="items">
        {rules.map((rule) => (
          <RuleLine key={rule.constraint} account={image.account} rule={rule} onOpen={() => show(rule.constraint)} />
        ))}
      </ul>
      {open && (
        <Dialog side title={text.allReasons(open.constraint)} onClose={() => show(null)}>
          <AllReasons image={image} rule={open} />
        </Dialog>
      )}
    </Section>
  );
}

function RuleLine({ account, rule, onOpen }: { account: string; rule: RuleSays; onOpen: () => void }) {
  const { words, image } = useText();
  const format = useFormat();
  return (
    <li>
      <StepSign state={rule.action === 'deny' ? 'denied' : rule.action === 'warn' ? 'waiting' : 'skipped'} />
      <p>
        {rule.constraint === REVOCATION ? (
          rule.constraint
        ) : (
          <Link to={paths.policies(account, { rule: rule.constraint })}>{rule.constraint}</Link>
        )}{' '}
        {words.actions[rule.action]}
        {rule.graceUntil && `, ${image.deniesFrom(format.day(rule.graceUntil))}`}
        <small>
          <AdvisoryText account={account} text={rule.first} />
        </small>
      </p>
      <Button onClick={onOpen}>{rule.said > 1 ? image.violations(format.number(rule.said)) : words.why}</Button>
    </li>
  );
}

type Reason = RuleSays['reasons'][number];
const textOf = (reason: Reason): string => reason.message;

function AllReasons({ image, rule }: { image: ImageStatus; rule: RuleSays }) {
  const { image: text, words } = useText();
  const columns: Column<Reason>[] = [
    {
      id: 'message',
      head: text.message,
      sort: textOf,
      cell: (reason) => (
        <span title={reason.message}>
          <AdvisoryText account={image.account} text={reason.message} />
        </span>
      ),
    },
  ];
  const { number, day } = useFormat();
  if (rule.graceUntil !== null)
    columns.push({
      id: 'from',
      head: words.expires,
      width: 144,
      sort: (reason) => graceOf(reason) ?? '',
      cell: (reason) => {
        const until = graceOf(reason);
        return until === null ? '' : text.deniesFrom(day(until));
      },
    });
  const [only] = rule.reasons;
  const omitted = rule.said - rule.reasons.length;
  const name = imageName(image.account, image.repository, image.reference);
  return (
    <>
      {omitted > 0 && <p>{text.omitted(number(omitted))}</p>}
      {rule.reasons.length === 1 && only ? (
        <>
          <p>
            <AdvisoryText account={image.account} text={only.message} />
          </p>
          <pre className="details">{JSON.stringify(only.details, null, 2)}</pre>
        </>
      ) : (
        <DataTable
          prefix="why-"
          label={text.allReasons(rule.constraint)}
          rows={rule.reasons}
          columns={columns}
          keyOf={(reason) => `${reason.message} ${JSON.stringify(reason.details)}`}
          textOf={textOf}
          empty={null}
        />
      )}
      <Command
        label={words.sameInTerminal}
        text={`pratique status ${name} --json | jq '.verdict.reasons[] | select(.constraint == "${rule.constraint}")'`}
      />
    </>
  );
}
