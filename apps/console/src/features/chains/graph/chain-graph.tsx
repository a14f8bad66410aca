/** The chain as a graph: a button for each step, lines for what it waits for, others for denials. */
import type { ChainDefinition } from '@pratique/contract';
import { type CSSProperties, type KeyboardEvent, useEffect, useMemo, useRef } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { GraphLines } from './graph-lines.tsx';
import { type Graph, layOutGraph } from './lay-out-graph.ts';
import { nextStep } from './next-step.ts';
import { StepBox } from './step-box.tsx';
import './graph.css';

type Props = {
  chain: ChainDefinition;
  /** Index of the step that is shown beside. */
  selected: number | null;
  /** A step that the server finds wrong, and why. */
  wrong: { step: string; error: string } | null;
  onSelect: (index: number) => void;
};

/** Pixels kept in view on each side of the step that is chosen. */
const BESIDE = 24;

export function ChainGraph({ chain, selected, wrong, onSelect }: Props) {
  const { chains } = useText();
  const graph = useMemo(() => layOutGraph(chain.steps), [chain.steps]);
  const list = useRef<HTMLOListElement>(null);
  const column = graph.nodes.find((node) => node.index === selected)?.column;
  // Sideways only: what is edited stands below, and must not be scrolled away.
  useEffect(() => {
    const item = list.current?.querySelector('[aria-pressed="true"]')?.parentElement;
    const scroller = item?.closest('.chain-graph');
    if (!item || !scroller || column === undefined) return;
    const right = item.offsetLeft + item.offsetWidth + BESIDE - scroller.clientWidth;
    scroller.scrollLeft = Math.min(Math.max(scroller.scrollLeft, right), Math.max(0, item.offsetLeft - BESIDE));
  }, [selected, column]);
  const go = (event: KeyboardEvent, from: number): void => {
    const next = nextStep(graph, from, event.key);
    if (next === null) return;
    event.preventDefault();
    list.current?.querySelector<HTMLButtonElement>(`[data-index="${next}"]`)?.focus();
    onSelect(next);
  };
  const size = { '--columns': graph.columns, '--rows': graph.rows } as CSSProperties;
  return (
    <div className="chain-graph" role="group" tabIndex={0} aria-label={chains.graph}>
      <div className="chain-sheet" style={size}>
        <GraphLines graph={graph} label={chains.denyLine} />
        <ol ref={list}>
          {readingOrder(graph).map((node) => {
            const step = chain.steps[node.index];
            return (
              step && (
                <StepBox
                  key={node.index}
                  node={node}
                  step={step}
                  branchOf={chain.steps.filter((one) => one.on_deny.includes(step.name)).map((one) => one.name)}
                  current={node.index === selected}
                  wrong={wrong?.step === step.name ? wrong.error : null}
                  onSelect={() => onSelect(node.index)}
                  onKey={(event) => go(event, node.index)}
                />
              )
            );
          })}
        </ol>
      </div>
    </div>
  );
}

function readingOrder(graph: Graph): Graph['nodes'] {
  return graph.nodes.toSorted((a, b) => a.column - b.column || a.row - b.row);
}
