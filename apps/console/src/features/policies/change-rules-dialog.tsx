/** Changes the rules by YAML; the server compiles before it takes anything over. */
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { announce } from '../../ui/announcements.tsx';
import { Command } from '../../ui/copyable.tsx';
import { AreaField } from '../../ui/field.tsx';
import { textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { useApplyPolicy } from './use-policies.ts';

const EXAMPLE = `apiVersion: constraints.gatekeeper.sh/v1beta1
kind: FixableFindings
metadata:
  name: fixable-findings
spec:
  enforcementAction: deny
  parameters:
    severities: [critical, high]
`;

export function ChangeRulesDialog({ onClose }: { onClose: () => void }) {
  const { policies, words } = useText();
  const { account } = useAccount();
  const apply = useApplyPolicy(account);
  return (
    <FormDialog
      title={policies.changeTitle}
      lead={policies.changeLead}
      action={policies.apply}
      change={apply}
      onClose={onClose}
      onSubmit={(given) =>
        apply.mutate(textOf(given, 'yaml'), {
          onSuccess: (bundle) => {
            announce(policies.applied(String(bundle.version)));
            onClose();
          },
        })
      }
    >
      <AreaField
        label={policies.yaml}
        name="yaml"
        className="mono"
        rows={12}
        required
        placeholder={EXAMPLE}
        spellCheck={false}
      />
      <Command label={words.sameInTerminal} text={`pratique policy apply ${account} rules.yaml`} />
    </FormDialog>
  );
}
