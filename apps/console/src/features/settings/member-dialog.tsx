/** Adds a member, changes their role, or removes them. */
import { type Member, ROLES } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { useRemoveMember, useSetMember } from './use-settings.ts';

export type MemberAction = { kind: 'add' } | { kind: 'change' | 'remove'; member: Member };

export function MemberDialog({ action, onClose }: { action: MemberAction; onClose: () => void }) {
  if (action.kind === 'remove') return <RemoveDialog member={action.member} onClose={onClose} />;
  return <RoleDialog member={action.kind === 'change' ? action.member : null} onClose={onClose} />;
}

function RoleDialog({ member, onClose }: { member: Member | null; onClose: () => void }) {
  const { settings, words } = useText();
  const { account } = useAccount();
  const set = useSetMember(account);
  const submit = (given: FormData): void => {
    const role = ROLES.find((one) => one === textOf(given, 'role')) ?? 'reader';
    set.mutate({ name: member?.name ?? textOf(given, 'name'), role }, { onSuccess: onClose });
  };
  return (
    <FormDialog
      title={member ? settings.changeRoleTitle(member.name) : settings.addMember}
      lead={member ? settings.rolesHint : settings.addMemberLead}
      action={member ? words.save : settings.addMember}
      change={set}
      onSubmit={submit}
      onClose={onClose}
    >
      {!member && <TextField label={settings.member} name="name" required maxLength={100} autoFocus />}
      <SelectField
        label={words.role}
        name="role"
        defaultValue={member?.role ?? 'reader'}
        options={ROLES.map((role) => [role, words.roles[role]] as const)}
        hint={member ? undefined : settings.rolesHint}
      />
    </FormDialog>
  );
}

function RemoveDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { settings } = useText();
  const { account } = useAccount();
  const remove = useRemoveMember(account, member.name);
  return (
    <ConfirmDialog
      title={settings.removeMemberTitle(member.name)}
      lead={settings.removeMemberLead(member.name)}
      action={settings.removeMember}
      change={remove}
      onDone={onClose}
      onClose={onClose}
    />
  );
}
