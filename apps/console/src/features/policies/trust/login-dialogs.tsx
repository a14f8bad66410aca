/** Gives, replaces and removes the user name for another registry. */
import type { RegistryCredential } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { useAccount } from '../../../shell/session.ts';
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx';
import { TextField } from '../../../ui/field.tsx';
import { textOf, typedOf } from '../../../ui/form-data.ts';
import { FormDialog } from '../../../ui/form-dialog.tsx';
import { useRemoveLogin, useSetLogin } from './use-logins.ts';

/** @param login the one to replace; null for another registry */
export function LoginDialog({ login, onClose }: { login: RegistryCredential | null; onClose: () => void }) {
  const { logins } = useText();
  const { account } = useAccount();
  const set = useSetLogin(account);
  const submit = (given: FormData): void =>
    set.mutate(
      {
        host: login?.host ?? textOf(given, 'host'),
        user: textOf(given, 'user'),
        password: typedOf(given, 'password'),
      },
      { onSuccess: onClose },
    );
  return (
    <FormDialog
      title={login ? logins.replaceTitle(login.host) : logins.add}
      lead={logins.addLead}
      action={login ? logins.replace : logins.add}
      change={set}
      onSubmit={submit}
      onClose={onClose}
    >
      {!login && (
        <TextField
          label={logins.registry}
          name="host"
          required
          maxLength={300}
          hint={logins.registryHint}
          autoCapitalize="none"
          autoFocus
        />
      )}
      <TextField
        label={logins.user}
        name="user"
        required
        maxLength={500}
        defaultValue={login?.user ?? ''}
        autoComplete="off"
        autoCapitalize="none"
        autoFocus={login !== null}
      />
      <TextField
        label={logins.password}
        name="password"
        type="password"
        required
        maxLength={16_384}
        autoComplete="new-password"
      />
    </FormDialog>
  );
}

export function RemoveLoginDialog({ login, onClose }: { login: RegistryCredential; onClose: () => void }) {
  const { logins } = useText();
  const { account } = useAccount();
  return (
    <ConfirmDialog
      title={logins.removeTitle(login.host)}
      lead={logins.removeLead(login.host)}
      action={logins.remove}
      change={useRemoveLogin(account, login.host)}
      onDone={onClose}
      onClose={onClose}
    />
  );
}
