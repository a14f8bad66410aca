/** What to apply in a cluster, shown this once: webhooks with their secret address, an agent with its one-time token. */
import type { NewClusterWithAgentAnswer, NewEnrolmentAnswer } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { Command } from '../../ui/copyable.tsx';
import { Dialog } from '../../ui/dialog.tsx';

type Props = { cluster: string; made: NewClusterWithAgentAnswer | NewEnrolmentAnswer; onClose: () => void };

export function ManifestsDialog({ cluster, made, onClose }: Props) {
  const { workloads } = useText();
  const { moment } = useFormat();
  return (
    <Dialog side title={workloads.addedTitle(cluster)} onClose={onClose}>
      {'cluster' in made && <p>{workloads.addedLead}</p>}
      {made.enrolment && <p>{workloads.tokenLead(moment(made.enrolment.expiresAt))}</p>}
      {made.warnings.length > 0 && (
        <ul className="warnings" aria-label={workloads.warnings}>
          {made.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      <Command text={made.manifests} label="kubectl apply -f -" />
    </Dialog>
  );
}
