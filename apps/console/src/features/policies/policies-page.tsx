/** What is decided by: rules, the exceptions from them, and the chains that apply them. */
import { lazy, Suspense } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { PageHead, Tabs, useShown } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/states.tsx';
import { Exceptions } from './exceptions.tsx';
import { Rules } from './rules.tsx';
import './policies.css';

const VexDocuments = lazy(async () => ({ default: (await import('./vex/vex-documents.tsx')).VexDocuments }));
const ChainList = lazy(async () => ({ default: (await import('../chains/chain-list.tsx')).ChainList }));
const Trust = lazy(async () => ({ default: (await import('./trust/trust.tsx')).Trust }));

export function PoliciesPage() {
  const { policies } = useText();
  const tabs = [
    { id: 'rules', label: policies.rules },
    { id: 'exceptions', label: policies.exceptions },
    { id: 'vex', label: policies.vex },
    { id: 'trust', label: policies.trust },
    { id: 'chains', label: policies.chains },
  ];
  const shown = useShown(tabs);
  return (
    <div className="page">
      <PageHead title={policies.title} lead={policies.lead} />
      <Tabs tabs={tabs} label={policies.title} />
      {shown === 'rules' && <Rules />}
      {shown === 'exceptions' && <Exceptions />}
      {shown === 'vex' && (
        <Suspense fallback={<SkeletonRows />}>
          <VexDocuments />
        </Suspense>
      )}
      {shown === 'trust' && (
        <Suspense fallback={<SkeletonRows />}>
          <Trust />
        </Suspense>
      )}
      {shown === 'chains' && (
        <Suspense fallback={<SkeletonRows />}>
          <ChainList />
        </Suspense>
      )}
    </div>
  );
}
