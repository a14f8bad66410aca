/** What is known of a cluster's agent, in a cell; each cluster is asked once for all of its cells. */
import type { AgentState } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { useAccount } from '../../shell/session.ts';
import { Moment } from '../../ui/moment.tsx';
import { useSentence } from '../../ui/states.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { useClusterStatus } from './use-workloads.ts';

const SIGNS = { 'not-enrolled': 'skipped', enrolled: 'queued', reporting: 'succeeded', silent: 'failed' } as const;

export function AgentCell({ cluster, part }: { cluster: string; part: 'state' | 'report' | 'pods' }) {
  const { workloads } = useText();
  const { account } = useAccount();
  const { number } = useFormat();
  const sentence = useSentence();
  const { data, error } = useClusterStatus(account, cluster);
  // A failure is told once a row, where the state stands.
  if (!data)
    return (
      <span className="quiet" title={error ? sentence(error) : undefined}>
        {error && part === 'state' ? sentence(error) : '…'}
      </span>
    );
  if (part === 'state') return <AgentMark state={data.agent.state} />;
  if (part === 'pods') return data.agent.reportedAt ? number(data.pods) : '';
  return data.agent.reportedAt ? <Moment at={data.agent.reportedAt} /> : workloads.never;
}

export function AgentMark({ state }: { state: AgentState['state'] }) {
  const { workloads } = useText();
  return (
    <span className="step-mark" title={workloads.agentStates[state]}>
      <StepSign state={SIGNS[state]} />
      {workloads.agentStates[state]}
    </span>
  );
}
