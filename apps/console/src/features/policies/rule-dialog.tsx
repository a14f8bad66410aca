/** One rule: what it says, with which parameters. */
import type { PolicyBundleInfo } from '@pratique/contract';
import { lazy, Suspense, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import { Command } from '../../ui/copyable.tsx';
import { Dialog } from '../../ui/dialog.tsx';

export type Rule = PolicyBundleInfo['constraints'][number];

const ExceptionDialog = lazy(async () => ({ default: (await import('./exception-dialog.tsx')).ExceptionDialog }));

export function RuleDialog({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const { policies, words } = useText();
  const { account, may } = useAccount();
  const [asking, setAsking] = useState(false);
  const hasParameters = Object.keys(rule.parameters).length > 0;
  return (
    <Dialog side title={rule.title} onClose={onClose}>
      <p>{rule.description}</p>
      <dl className="facts">
        <dt>{policies.rule}</dt>
        <dd>
          <code>{rule.name}</code>
        </dd>
        <dt>{policies.template}</dt>
        <dd>
          <code>{rule.template}</code>
        </dd>
        <dt>{policies.action}</dt>
        <dd>{(words.actions as Record<string, string>)[rule.action] ?? rule.action}</dd>
        <dt>{policies.target}</dt>
        <dd>
          <code>{rule.target}</code>
        </dd>
        <dt>{policies.parameters}</dt>
        <dd>
          {hasParameters ? (
            <pre className="parameters">{JSON.stringify(rule.parameters, null, 2)}</pre>
          ) : (
            policies.presetValues
          )}
        </dd>
      </dl>
      <Command
        label={words.sameInTerminal}
        text={`pratique policy show ${account} --json | jq '.constraints[] | select(.name == "${rule.name}")'`}
      />
      {may('developer') && (
        <p className="dialog-actions">
          <Button onClick={() => setAsking(true)}>{policies.request}</Button>
        </p>
      )}
      {asking && (
        <Suspense fallback={null}>
          <ExceptionDialog
            account={account}
            subject={{ kind: 'policy', about: rule.name, package: '', repository: '**' }}
            onClose={() => setAsking(false)}
          />
        </Suspense>
      )}
    </Dialog>
  );
}
