/** A step in the graph: its sign and name, what it does, and whether something is wrong with it. */
import type { Step } from '@pratique/contract';
import type { KeyboardEvent } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { sayStep } from '../say-step.ts';
import { KindSign } from './kind-sign.tsx';
import type { Node } from './lay-out-graph.ts';

type Props = {
  node: Node;
  step: Step;
  /** Steps whose denial leads here. */
  branchOf: readonly string[];
  current: boolean;
  wrong: string | null;
  onSelect: () => void;
  onKey: (event: KeyboardEvent) => void;
};

export function StepBox({ node, step, branchOf, current, wrong, onSelect, onKey }: Props) {
  const text = useText();
  const { kinds, says } = text.chains;
  const said = sayStep(step, text);
  const spoken = [
    said === '' ? '' : kinds[step.kind],
    wrong === null ? '' : says.wrong(wrong),
    step.needs.length > 0 ? says.after(step.needs.join(', ')) : '',
    ...branchOf.map(says.branch),
    step.on_deny.length > 0 ? says.onDeny(step.on_deny.join(', ')) : '',
  ];
  return (
    <li style={{ gridColumn: node.column + 1, gridRow: node.row + 1 }}>
      <button
        type="button"
        className={`step-box ${wrong === null ? '' : 'wrong'}`}
        data-index={node.index}
        aria-pressed={current}
        title={wrong ?? said}
        onClick={onSelect}
        onKeyDown={onKey}
      >
        <KindSign kind={step.kind} />
        <strong>{step.name}</strong>
        <span>{said || kinds[step.kind]}</span>
        <span className="visually-hidden">{spoken.filter((part) => part !== '').join('; ')}</span>
      </button>
    </li>
  );
}
