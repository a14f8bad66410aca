/** Who and what may act in the account, with which keys, and what they did. */
import { useText } from '../../catalogue/use-text.ts';
import { PageHead, Tabs, useShown } from '../../ui/page.tsx';
import { Audit } from './audit.tsx';
import { Keys } from './keys.tsx';
import { Members } from './members.tsx';
import { Robots } from './robots.tsx';
import { Webhooks } from './webhooks/webhooks.tsx';

const PARTS = { robots: Robots, members: Members, keys: Keys, webhooks: Webhooks, audit: Audit } as const;
const NAMES = ['robots', 'members', 'keys', 'webhooks', 'audit'] as const;

export function SettingsPage() {
  const { settings } = useText();
  const tabs = NAMES.map((id) => ({ id, label: settings[id] }));
  const Part = PARTS[useShown(tabs) as keyof typeof PARTS];
  return (
    <div className="page">
      <PageHead title={settings.title} />
      <Tabs tabs={tabs} label={settings.title} />
      <Part />
    </div>
  );
}
