/** The chain as a route: a port for each step, the leg under way drawn as it is sailed. */
import type { Run } from '@pratique/contract';
import { useSearchParams } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { useAccount } from '../../../shell/session.ts';
import { Section } from '../../../ui/page.tsx';
import { StepSign } from '../../../ui/step-mark.tsx';
import { layOut, type Port } from './lay-out.ts';
import { Legs } from './legs.tsx';
import { PortDetail } from './port-detail.tsx';
import { useChains } from './use-chains.ts';
import './route.css';

export function Route({ run }: { run: Run | null }) {
  const { image } = useText();
  const { account } = useAccount();
  const chains = useChains(account);
  const [search, setSearch] = useSearchParams();
  if (!run)
    return (
      <Section title={image.route}>
        <p className="quiet">{image.noRun}</p>
      </Section>
    );
  const definition = chains.data?.find((chain) => chain.name === run.chain.name)?.definition ?? null;
  const route = layOut(run.steps, definition);
  const asked = search.get('step');
  const shown = route.ports.find((port) => port.step.name === asked) ?? mostTelling(route.ports);
  const choose = (step: string): void =>
    setSearch((before) => new URLSearchParams([...[...before].filter(([key]) => key !== 'step'), ['step', step]]), {
      replace: true,
      preventScrollReset: true,
    });
  return (
    <Section
      title={image.route}
      aside={
        <span className="quiet">
          {image.routeOf(run.chain.name, String(run.chain.version))} ·{' '}
          {image.requestedBy(run.requestedBy, triggerOf(run.trigger, image.triggers))}
        </span>
      }
    >
      <div className="route" role="group" tabIndex={0} aria-label={image.route}>
        <Legs route={route} />
        <ol style={{ '--columns': route.columns, '--rows': route.rows } as React.CSSProperties}>
          {route.ports.map((port) => (
            <PortMark key={port.step.name} port={port} current={port === shown} onChoose={choose} />
          ))}
        </ol>
      </div>
      {shown && <PortDetail run={run} step={shown.step} />}
    </Section>
  );
}

/** Where to look first: what failed or was denied, what waits, what runs, else the last that is done. */
export function mostTelling(ports: readonly Port[]): Port | undefined {
  for (const state of ['failed', 'waiting', 'denied', 'running'] as const) {
    const found = ports.find((port) => port.step.state === state);
    if (found) return found;
  }
  return ports.findLast((port) => port.step.state === 'succeeded') ?? ports[0];
}

function triggerOf(trigger: string, names: Record<string, string>): string {
  return names[trigger] ?? trigger;
}

function PortMark({ port, current, onChoose }: { port: Port; current: boolean; onChoose: (step: string) => void }) {
  const { words } = useText();
  const format = useFormat();
  const { step } = port;
  return (
    <li style={{ gridColumn: port.column + 1, gridRow: port.row + 1 }}>
      <button type="button" className={`port ${step.state}`} aria-pressed={current} onClick={() => onChoose(step.name)}>
        <StepSign state={step.state} />
        <strong>{step.name}</strong>
        <span>
          {words.steps[step.state]}
          {step.startedAt && step.finishedAt && ` · ${format.between(step.startedAt, step.finishedAt)}`}
        </span>
      </button>
    </li>
  );
}
