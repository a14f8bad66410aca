/** What runs, and what was kept from running. */
import { useText } from '../../catalogue/use-text.ts';
import { PageHead, Tabs, useShown } from '../../ui/page.tsx';
import { Admissions } from './admissions.tsx';
import { Clusters } from './clusters.tsx';
import { Running } from './running.tsx';

export function WorkloadsPage() {
  const { workloads } = useText();
  const tabs = [
    { id: 'admissions', label: workloads.admissions },
    { id: 'running', label: workloads.running },
    { id: 'clusters', label: workloads.clusters },
  ];
  const shown = useShown(tabs);
  return (
    <div className="page">
      <PageHead title={workloads.title} lead={workloads.lead} />
      <Tabs tabs={tabs} label={workloads.title} />
      {shown === 'admissions' && <Admissions />}
      {shown === 'running' && <Running />}
      {shown === 'clusters' && <Clusters />}
    </div>
  );
}
