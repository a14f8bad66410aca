/** Creates and revokes robots. */
import type { NewRobotAnswer, Robot } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { patternsOf, textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { useCreateRobot, useRevokeRobot } from './use-settings.ts';

const ROBOT_ROLES = ['reader', 'developer', 'maintainer'] as const;

export function CreateRobotDialog({
  onMade,
  onClose,
}: {
  onMade: (made: NewRobotAnswer) => void;
  onClose: () => void;
}) {
  const { settings, words, deliveries } = useText();
  const { account } = useAccount();
  const create = useCreateRobot(account);
  const submit = (given: FormData): void =>
    create.mutate(
      {
        name: textOf(given, 'name'),
        role: textOf(given, 'role'),
        repositories: patternsOf(given, 'repositories'),
        days: Number(textOf(given, 'days')),
      },
      {
        onSuccess: (made) => {
          onMade(made);
          onClose();
        },
      },
    );
  return (
    <FormDialog
      title={settings.createRobot}
      lead={settings.createRobotLead}
      action={settings.createRobot}
      change={create}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={settings.robotName}
        name="name"
        required
        pattern="[a-z0-9][a-z0-9\-]{0,59}"
        hint={settings.robotNameHint}
        autoFocus
      />
      <SelectField
        label={words.role}
        name="role"
        options={ROBOT_ROLES.map((role) => [role, words.roles[role]] as const)}
      />
      <TextField label={words.repositories} name="repositories" defaultValue="**" hint={deliveries.patternsHint} />
      <TextField label={words.days} name="days" type="number" min={1} max={730} defaultValue={90} required />
    </FormDialog>
  );
}

export function RevokeRobotDialog({ robot, onClose }: { robot: Robot; onClose: () => void }) {
  const { settings } = useText();
  const { account } = useAccount();
  const revoke = useRevokeRobot(account, robot.name);
  return (
    <ConfirmDialog
      title={settings.revokeTitle(robot.name)}
      lead={settings.revokeLead(robot.name)}
      action={settings.revoke}
      change={revoke}
      onDone={onClose}
      onClose={onClose}
    />
  );
}
