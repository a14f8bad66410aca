/** Another one-time token for the agent of a cluster that is there; its webhooks stay. */
import type { Cluster, NewEnrolmentAnswer } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { TextField } from '../../ui/field.tsx';
import { textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { agentImage } from './agent-image.ts';
import { useEnrol } from './use-workloads.ts';

type Props = { cluster: Cluster; onEnrolled: (made: NewEnrolmentAnswer) => void; onClose: () => void };

export function EnrolDialog({ cluster, onEnrolled, onClose }: Props) {
  const { workloads } = useText();
  const { account } = useAccount();
  const enrol = useEnrol(account, cluster.name);
  return (
    <FormDialog
      title={workloads.enrolTitle(cluster.name)}
      lead={workloads.enrolLead}
      action={workloads.enrol}
      change={enrol}
      onSubmit={(given) => enrol.mutate({ agentImage: textOf(given, 'agentImage') }, { onSuccess: onEnrolled })}
      onClose={onClose}
    >
      <TextField
        label={workloads.agentImage}
        name="agentImage"
        required
        maxLength={500}
        defaultValue={agentImage(account)}
        hint={workloads.agentImageHint}
        autoFocus
      />
    </FormDialog>
  );
}
