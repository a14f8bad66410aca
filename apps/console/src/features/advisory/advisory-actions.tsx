/** What can be done about an advisory as a whole. */
import type { AdvisoryPage } from '@pratique/contract';
import { lazy, Suspense, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';

const ExceptionDialog = lazy(async () => ({
  default: (await import('../policies/exception-dialog.tsx')).ExceptionDialog,
}));

export function AdvisoryActions({ page }: { page: AdvisoryPage }) {
  const { policies } = useText();
  const { account, may } = useAccount();
  const [asking, setAsking] = useState(false);
  if (page.touches !== 'touched' || !may('developer')) return null;
  return (
    <>
      <Button onClick={() => setAsking(true)}>{policies.request}</Button>
      {asking && (
        <Suspense fallback={null}>
          <ExceptionDialog
            account={account}
            subject={{ kind: 'finding', about: page.id, package: '', repository: '**' }}
            onClose={() => setAsking(false)}
          />
        </Suspense>
      )}
    </>
  );
}
