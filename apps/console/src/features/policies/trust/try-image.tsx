/** Examines one image by the policy in force, or by a text that is not yet, and shows what came out. */
import type { TrustTestResult } from '@pratique/contract';
import type { FormEvent } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useAccount } from '../../../shell/session.ts';
import { Button } from '../../../ui/button.tsx';
import { Command, DigestText } from '../../../ui/copyable.tsx';
import { TextField } from '../../../ui/field.tsx';
import { textOf } from '../../../ui/form-data.ts';
import { Failure } from '../../../ui/states.tsx';
import { ForeignStateMark } from './foreign-state.tsx';
import { RuleResults } from './rule-results.tsx';
import { useTryTrust } from './use-trust.ts';

export function TryImage({ lead, draft }: { lead?: string; draft?: string }) {
  const { trust } = useText();
  const { account } = useAccount();
  const trial = useTryTrust(account);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const reference = textOf(new FormData(event.currentTarget), 'reference');
    trial.mutate(draft === undefined ? { reference } : { reference, policy: draft });
  };
  return (
    <>
      {lead && <p className="quiet">{lead}</p>}
      <form className="try-image" onSubmit={submit}>
        <TextField
          label={trust.reference}
          name="reference"
          required
          maxLength={600}
          hint={trust.referenceHint}
          className="mono"
          spellCheck={false}
        />
        <Button type="submit" disabled={trial.isPending}>
          {trust.tryIt}
        </Button>
      </form>
      <div role="status">{trial.isPending && <p className="quiet">{trust.trying}</p>}</div>
      {trial.error && <Failure error={trial.error} change />}
      {trial.data && <Outcome account={account} result={trial.data} />}
    </>
  );
}

function Outcome({ account, result }: { account: string; result: TrustTestResult }) {
  const { words } = useText();
  return (
    <div className="outcome">
      <p>
        <ForeignStateMark state={result.state} /> <code>{result.name}</code>{' '}
        {result.digest && <DigestText digest={result.digest} />}
      </p>
      {result.rules.length === 0 && result.reasons.length > 0 && (
        <ul className="bullets">
          {result.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      <RuleResults rules={result.rules} />
      <Command label={words.sameInTerminal} text={`pratique trust test ${account} ${result.reference}`} />
    </div>
  );
}
