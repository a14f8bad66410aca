/** What is decided by: rules, the exceptions from them, and the chains that apply them. */
import { useText } from '../../catalogue/use-text.ts';
import { PageHead, Tabs, useShown } from '../../ui/page.tsx';
import { Chains } from './chains.tsx';
import { Exceptions } from './exceptions.tsx';
import { Rules } from './rules.tsx';
import './policies.css';

export function PoliciesPage() {
  const { policies } = useText();
  const tabs = [
    { id: 'rules', label: policies.rules },
    { id: 'exceptions', label: policies.exceptions },
    { id: 'chains', label: policies.chains },
  ];
  const shown = useShown(tabs);
  return (
    <div className="page">
      <PageHead title={policies.title} lead={policies.lead} />
      <Tabs tabs={tabs} label={policies.title} />
      {shown === 'rules' && <Rules />}
      {shown === 'exceptions' && <Exceptions />}
      {shown === 'chains' && <Chains />}
    </div>
  );
}
