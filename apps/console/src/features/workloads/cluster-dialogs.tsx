/** Connects, changes and removes clusters. */
import type { Cluster, NewClusterWithAgentAnswer } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { agentImage } from './agent-image.ts';
import { useAddCluster, useChangeCluster, useRemoveCluster } from './use-workloads.ts';

const MODES = ['enforce', 'warn', 'dryrun'] as const;

function readSettings(given: FormData): { mode: Cluster['mode']; exemptNamespaces?: string[] } {
  const names = textOf(given, 'exempt')
    .split(/[\s,]+/)
    .filter((name) => name !== '');
  const mode = MODES.find((one) => one === textOf(given, 'mode')) ?? 'enforce';
  return names.length === 0 ? { mode } : { mode, exemptNamespaces: names };
}

function SettingsFields({ cluster }: { cluster?: Cluster }) {
  const { workloads } = useText();
  return (
    <>
      <SelectField
        label={workloads.mode}
        name="mode"
        defaultValue={cluster?.mode ?? 'enforce'}
        options={MODES.map((mode) => [mode, workloads.modes[mode]] as const)}
      />
      <TextField
        label={workloads.exempt}
        name="exempt"
        defaultValue={cluster?.exemptNamespaces.join(', ') ?? ''}
        hint={workloads.exemptHint}
      />
    </>
  );
}

export function AddClusterDialog({
  onAdded,
  onClose,
}: {
  onAdded: (answer: NewClusterWithAgentAnswer) => void;
  onClose: () => void;
}) {
  const { workloads } = useText();
  const { account } = useAccount();
  const add = useAddCluster(account);
  const submit = (given: FormData): void => {
    const image = textOf(given, 'agentImage');
    add.mutate(
      { name: textOf(given, 'name'), ...readSettings(given), ...(image === '' ? {} : { agentImage: image }) },
      {
        onSuccess: (answer) => {
          onAdded(answer);
          onClose();
        },
      },
    );
  };
  return (
    <FormDialog
      title={workloads.add}
      lead={workloads.addLead}
      action={workloads.add}
      change={add}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField label={workloads.clusterName} name="name" required pattern="[a-z0-9][a-z0-9\-]{0,59}" autoFocus />
      <TextField
        label={workloads.agentImage}
        name="agentImage"
        maxLength={500}
        defaultValue={agentImage(account)}
        hint={workloads.agentImageOptional}
      />
      <SettingsFields />
    </FormDialog>
  );
}

export function ChangeClusterDialog({ cluster, onClose }: { cluster: Cluster; onClose: () => void }) {
  const { workloads, words } = useText();
  const { account } = useAccount();
  const change = useChangeCluster(account, cluster.name);
  return (
    <FormDialog
      title={workloads.changeTitle(cluster.name)}
      lead={workloads.changeLead}
      action={words.save}
      change={change}
      onSubmit={(given) => change.mutate(readSettings(given), { onSuccess: onClose })}
      onClose={onClose}
    >
      <SettingsFields cluster={cluster} />
    </FormDialog>
  );
}

export function RemoveClusterDialog({ cluster, onClose }: { cluster: Cluster; onClose: () => void }) {
  const { workloads } = useText();
  const { account } = useAccount();
  const remove = useRemoveCluster(account, cluster.name);
  return (
    <ConfirmDialog
      title={workloads.removeTitle(cluster.name)}
      lead={workloads.removeLead(cluster.name)}
      action={workloads.removeAction}
      change={remove}
      onDone={onClose}
      onClose={onClose}
    />
  );
}
