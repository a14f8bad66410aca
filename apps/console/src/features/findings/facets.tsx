/** Choices above a list of findings, each with how many it would leave. */
import type { FindingFacets } from '@pratique/contract';
import { type ReactNode, useCallback, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { SEVERITIES, SeverityShape } from '../../ui/severity.tsx';
import { FilterInput } from '../../ui/table-tools.tsx';
import { type TableState, useTableState } from '../../ui/use-table-state.ts';
import { useRepositories } from '../images/use-images.ts';
import { CHOICES, type Choice, countOf, isChosen, type Narrowed, toggled } from './narrow.ts';
import { useFacets } from './use-findings.ts';
import './findings.css';

type Props = { account: string; asked: Narrowed; facets: FindingFacets | undefined };

export function Facets({ account, asked, facets }: Props) {
  const { findings: text, words } = useText();
  const table = useTableState();
  // The same function each time: a new one would begin the pause in typing anew.
  const { set } = table;
  const search = useCallback((q: string) => set({ q }), [set]);
  const heads: Record<Choice, string> = {
    severity: words.severity,
    fixable: text.fix,
    exploited: text.attacks,
    running: text.use,
    excepted: text.exception,
    type: text.ecosystem,
  };
  return (
    <div className="facets">
      <fieldset>
        <legend className="visually-hidden">{text.search}</legend>
        <FilterInput value={table.q} label={text.searchFor} hint={text.search} onChange={search} />
      </fieldset>
      {CHOICES.map((choice) => (
        <fieldset key={choice}>
          <legend className="visually-hidden">{heads[choice]}</legend>
          {valuesOf(choice, facets, table.param(choice)).map((value) => (
            <Toggle key={value} choice={choice} value={value} facets={facets} table={table} />
          ))}
        </fieldset>
      ))}
      <fieldset>
        <legend className="visually-hidden">{words.repository}</legend>
        <RepositoryChoice account={account} asked={asked} />
      </fieldset>
    </div>
  );
}

/** What can be chosen; of ecosystems those that there are, and those that were chosen. */
function valuesOf(choice: Choice, facets: FindingFacets | undefined, chosen: string): readonly string[] {
  if (choice === 'severity') return SEVERITIES;
  if (choice === 'excepted') return ['none', 'some', 'all'];
  if (choice === 'fixable') return ['true', 'false'];
  if (choice !== 'type') return ['true'];
  const present = (facets?.type ?? []).filter((one) => one.count > 0).map((one) => one.value);
  return [...new Set([...present, ...chosen.split(',').filter((one) => one !== '')])];
}

function Toggle({
  choice,
  value,
  facets,
  table,
}: {
  choice: Choice;
  value: string;
  facets: FindingFacets | undefined;
  table: TableState;
}) {
  const { findings: text, words } = useText();
  const { number } = useFormat();
  const chosen = table.param(choice);
  const count = countOf(facets, choice, value);
  const isOn = isChosen(chosen, value);
  let label: ReactNode = value;
  if (choice === 'severity') {
    const severity = SEVERITIES.find((one) => one === value) ?? 'unknown';
    label = (
      <>
        <SeverityShape severity={severity} />
        {words.severities[severity]}
      </>
    );
  } else if (choice === 'fixable') label = value === 'true' ? text.withFix : text.withoutFix;
  else if (choice === 'exploited') label = text.exploited;
  else if (choice === 'running') label = text.runsSomewhere;
  else if (choice === 'excepted') label = text.excepted[value === 'all' || value === 'some' ? value : 'none'];
  return (
    <button
      type="button"
      className="facet"
      aria-pressed={isOn}
      data-none={count === 0 && !isOn ? '' : undefined}
      onClick={() => table.set({ [choice]: toggled(choice, chosen, value) })}
    >
      {label}
      <span className="facet-count">{count === null ? '' : number(count)}</span>
    </button>
  );
}

/** Counted only for who opens it: it takes the server longer than all other choices together. */
function RepositoryChoice({ account, asked }: { account: string; asked: Narrowed }) {
  const { images, words } = useText();
  const { number } = useFormat();
  const table = useTableState();
  const [wanted, setWanted] = useState(false);
  const { data: all } = useRepositories(account);
  const chosen = table.param('repository');
  const counts = useFacets(account, asked, wanted);
  const counted = new Map(wanted ? (counts.data?.repository ?? []).map((one) => [one.value, one.count]) : []);
  const names = [...new Set([...counted.keys(), ...(all ?? []).map((one) => one.name), ...(chosen ? [chosen] : [])])];
  return (
    <select
      className="input choice"
      aria-label={words.repository}
      value={chosen}
      onFocus={() => setWanted(true)}
      onPointerEnter={() => setWanted(true)}
      onChange={(event) => table.set({ repository: event.target.value })}
    >
      <option value="">{images.anyRepository}</option>
      {names.map((name) => {
        const count = counted.get(name);
        return (
          <option key={name} value={name}>
            {count === undefined ? name : `${name} (${number(count)})`}
          </option>
        );
      })}
    </select>
  );
}
