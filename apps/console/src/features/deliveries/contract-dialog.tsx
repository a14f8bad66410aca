/** Offers, accepts or ends a contract. */
import type { Contract } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { patternsOf, textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { useAccept, useEnd, useOffer } from './use-deliveries.ts';

export type ContractAction = { kind: 'offer' } | { kind: 'accept' | 'end'; contract: Contract };

export function ContractDialog({ action, onClose }: { action: ContractAction; onClose: () => void }) {
  if (action.kind === 'offer') return <OfferDialog onClose={onClose} />;
  if (action.kind === 'accept') return <AcceptDialog contract={action.contract} onClose={onClose} />;
  return <EndDialog contract={action.contract} onClose={onClose} />;
}

function OfferDialog({ onClose }: { onClose: () => void }) {
  const { deliveries } = useText();
  const { account } = useAccount();
  const offer = useOffer(account);
  return (
    <FormDialog
      title={deliveries.offer}
      lead={deliveries.offerLead}
      action={deliveries.offer}
      change={offer}
      onClose={onClose}
      onSubmit={(given) =>
        offer.mutate(
          {
            to: textOf(given, 'to'),
            fromRepositories: patternsOf(given, 'from-repositories'),
            toRepositories: patternsOf(given, 'to-repositories'),
          },
          { onSuccess: onClose },
        )
      }
    >
      <TextField label={deliveries.offerTo} name="to" required maxLength={60} autoFocus />
      <TextField
        label={deliveries.fromRepositories}
        name="from-repositories"
        defaultValue="**"
        hint={deliveries.patternsHint}
      />
      <TextField label={deliveries.toRepositories} name="to-repositories" defaultValue="**" />
    </FormDialog>
  );
}

function AcceptDialog({ contract, onClose }: { contract: Contract; onClose: () => void }) {
  const { deliveries } = useText();
  const { account } = useAccount();
  const accept = useAccept(account, contract.id);
  return (
    <FormDialog
      title={deliveries.acceptTitle(contract.from)}
      lead={deliveries.acceptLead(contract.from, contract.toRepositories.join(', '))}
      action={deliveries.accept}
      change={accept}
      onClose={onClose}
      onSubmit={(given) => accept.mutate({ trustVendor: given.get('trust') === 'on' }, { onSuccess: onClose })}
    >
      <label className="check">
        <input type="checkbox" name="trust" /> {deliveries.trustVendor}
      </label>
    </FormDialog>
  );
}

function EndDialog({ contract, onClose }: { contract: Contract; onClose: () => void }) {
  const { deliveries } = useText();
  const { account } = useAccount();
  const end = useEnd(account, contract.id);
  const other = contract.from === account ? contract.to : contract.from;
  return (
    <ConfirmDialog
      title={deliveries.endTitle(other)}
      lead={deliveries.endLead(other)}
      action={deliveries.end}
      change={end}
      onDone={onClose}
      onClose={onClose}
    />
  );
}
