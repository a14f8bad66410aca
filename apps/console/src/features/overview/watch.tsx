/** Whether the watch itself is healthy: processes, advisory data, the queue. */
import type { Overview } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { Moment, useNow } from '../../ui/moment.tsx';
import { Section } from '../../ui/page.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { isFresh, notReady } from './summary.ts';

export function Watch({ health }: { health: Overview['health'] }) {
  const { overview } = useText();
  const { number } = useFormat();
  const ailing = notReady(health);
  return (
    <Section title={overview.watch}>
      <ul className="watch">
        <li>
          <StepSign state={ailing.length === 0 ? 'succeeded' : 'failed'} />
          {ailing.length === 0
            ? overview.allReady(number(health.processes.length))
            : overview.someNotReady(number(ailing.length), number(health.processes.length))}
        </li>
        <li>
          <StepSign state={health.queue.failed === 0 ? 'succeeded' : 'waiting'} />
          {overview.queue(number(health.queue.waiting), number(health.queue.failed))}
        </li>
        <Sources health={health} />
      </ul>
      {(ailing.length > 0 || health.processes.some((process) => process.restarts > 0)) && <Processes health={health} />}
    </Section>
  );
}

function Sources({ health }: { health: Overview['health'] }) {
  const { overview } = useText();
  const { number, moment } = useFormat();
  const now = useNow();
  const sources = health.advisories?.sources ?? [];
  const fresh = sources.filter((source) => isFresh(source.date, now));
  if (sources.length === 0)
    return (
      <li>
        <StepSign state="waiting" />
        {overview.noAdvisories}
      </li>
    );
  return (
    <>
      <li>
        <StepSign state={fresh.length === sources.length ? 'succeeded' : 'waiting'} />
        {overview.sources(number(fresh.length), number(sources.length))}
      </li>
      <li className="watch-table">
        <details>
          <summary>{overview.source}</summary>
          <table>
            <thead>
              <tr>
                <th scope="col">{overview.source}</th>
                <th scope="col" className="number">
                  {overview.records}
                </th>
                <th scope="col" className="number">
                  {overview.dataFrom}
                </th>
              </tr>
            </thead>
            <tbody>
              {sources.map((source) => (
                <tr key={source.name}>
                  <td title={source.licence ?? undefined}>{source.name}</td>
                  <td className="number">{number(source.records)}</td>
                  <td className="number" title={source.date ? moment(source.date) : undefined}>
                    {source.date ? <Moment at={source.date} /> : overview.noDate}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      </li>
    </>
  );
}

function Processes({ health }: { health: Overview['health'] }) {
  const { overview } = useText();
  const { number } = useFormat();
  return (
    <ul className="items">
      {health.processes.map((process) => (
        <li key={process.name}>
          <StepSign state={process.state === 'ready' ? 'succeeded' : 'failed'} />
          <p>
            {process.name}: {process.state === 'ready' ? overview.ready : overview.notReady(process.state)}
            <small>{process.detail}</small>
          </p>
          <span className="quiet">{overview.restarts(number(process.restarts))}</span>
        </li>
      ))}
    </ul>
  );
}
