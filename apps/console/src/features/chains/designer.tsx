/** The designer: the chain as a graph, the step that is chosen, and the text, which all say the same. */
import type { ChainDefinition, ChainVersion } from '@pratique/contract';
import { useRef, useState } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';
import { useAccount } from '../../shell/session.ts';
import { announce } from '../../ui/announcements.tsx';
import { Section } from '../../ui/page.tsx';
import { Failure } from '../../ui/states.tsx';
import { AddStep } from './add-step.tsx';
import { ChainText } from './chain-text.tsx';
import { DesignerHead } from './designer-head.tsx';
import { Patterns } from './form/patterns.tsx';
import { StepForm } from './form/step-form.tsx';
import { ChainGraph } from './graph/chain-graph.tsx';
import { LeaveGuard } from './leave-guard.tsx';
import { Legend } from './legend.tsx';
import { useDefineChain } from './use-chain-changes.ts';
import { textOfChain, useDraft } from './use-draft.ts';
import { Validity } from './validity.tsx';

type Props = { name: string; saved: ChainVersion | null; begin: ChainDefinition };

export function Designer({ name, saved, begin }: Props) {
  const { chains } = useText();
  const { account } = useAccount();
  const draft = useDraft(account, begin);
  // What somebody else saves meanwhile is told of, and not overwritten.
  const [base, setBase] = useState(saved);
  const define = useDefineChain(account, name);
  const dirty = base === null || draft.text !== textOfChain(base.definition);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const { selected, select } = useSelected(draft.chain);
  const leaving = useRef(false);
  const [retired, setRetired] = useState(false);
  const wrong = draft.validation?.valid === false && draft.validation.step !== null ? draft.validation : null;
  const newer = !define.isPending && saved && saved.version !== base?.version ? saved : null;
  const gone = base !== null && saved === null && !retired && !define.isPending;
  const save = (): void =>
    define.mutate(
      { definition: draft.text, ifVersion: base?.version ?? 0 },
      {
        onSuccess: (stored) => {
          setBase(stored);
          draft.change(stored.definition);
          announce(chains.saved(name, String(stored.version)));
          // The template that it began with is no longer what a reload shows.
          void navigate(pathname + location.search, { replace: true, state: null, preventScrollReset: true });
        },
      },
    );
  const revert = (): void => {
    define.reset();
    setBase(saved);
    draft.change(begin);
  };
  const valid = draft.validation?.valid === true && draft.validation.definition.name === name;
  return (
    <>
      <DesignerHead
        name={name}
        base={base}
        dirty={dirty || gone}
        canSave={dirty && valid && newer === null && !gone && !define.isPending}
        onSave={save}
        onRevert={revert}
        onRetired={() => {
          leaving.current = true;
          setRetired(true);
          void navigate(paths.policies(account, { show: 'chains' }));
        }}
      />
      {newer && <p className="notice">{chains.newer(String(newer.version), newer.createdBy)}</p>}
      {gone && <p className="notice">{chains.retiredMeanwhile}</p>}
      {define.error && <Failure error={define.error} change />}
      <Validity draft={draft} name={name} onStep={(step) => select(step)} />
      <Section title={chains.graph} aside={<Legend />}>
        {draft.chain.steps.length === 0 && <p className="quiet">{chains.noSteps}</p>}
        <ChainGraph
          chain={draft.chain}
          selected={selected}
          wrong={wrong?.step == null ? null : { step: wrong.step, error: wrong.error }}
          onSelect={(index) => select(draft.chain.steps[index]?.name ?? null)}
        />
        <AddStep
          chain={draft.chain}
          after={selected === null ? null : (draft.chain.steps[selected]?.name ?? null)}
          disabled={draft.ahead}
          onAdd={(chain, step) => {
            draft.change(chain);
            select(step);
          }}
        />
      </Section>
      <div className="designer-columns">
        <div>
          <StepForm
            key={selected === null ? '' : draft.chain.steps[selected]?.name}
            chain={draft.chain}
            index={selected}
            wrong={wrong}
            disabled={draft.ahead}
            onChange={draft.change}
            onSelect={select}
          />
          <Patterns chain={draft.chain} disabled={draft.ahead} onChange={draft.change} />
        </div>
        <ChainText draft={draft} />
      </div>
      <LeaveGuard dirty={dirty} leaving={leaving} />
    </>
  );
}

/** The chosen step lives in the address by its name. */
function useSelected(chain: ChainDefinition) {
  const [search, setSearch] = useSearchParams();
  const { state } = useLocation() as { state: unknown };
  const found = chain.steps.findIndex((step) => step.name === search.get('step'));
  const select = (name: string | null): void =>
    setSearch(name === null ? {} : { step: name }, { replace: true, preventScrollReset: true, state });
  return { selected: found === -1 ? null : found, select };
}
