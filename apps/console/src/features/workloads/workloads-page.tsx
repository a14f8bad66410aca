/** What runs, and what was kept from running. */
import { useText } from '../../catalogue/use-text.ts';
import { PageHead, Tabs, useShown } from '../../ui/page.tsx';
import { Admissions } from './admissions.tsx';
import { Authority } from './authority/authority.tsx';
import { Clusters } from './clusters.tsx';
import { Running } from './running.tsx';

export function WorkloadsPage() {
  const { authority, workloads } = useText();
  const tabs = [
    { id: 'admissions', label: workloads.admissions },
    { id: 'running', label: workloads.running },
    { id: 'clusters', label: workloads.clusters },
    { id: 'authority', label: authority.title },
  ];
  const shown = useShown(tabs);
  return (
    <div className="page">
      <PageHead title={workloads.title} lead={workloads.lead} />
      <Tabs tabs={tabs} label={workloads.title} />
      {shown === 'admissions' && <Admissions />}
      {shown === 'running' && <Running />}
      {shown === 'clusters' && <Clusters />}
      {shown === 'authority' && <Authority />}
    </div>
  );
}
