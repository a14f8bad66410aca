/** What one upgrade clears, in which images, and how to make it. */
import type { UpgradeGroup } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { Command } from '../../ui/copyable.tsx';
import { Empty } from '../../ui/states.tsx';
import { FindingsTable } from './findings-table.tsx';
import { commandOf, type Narrowed } from './narrow.ts';
import { upgradeCommand } from './upgrade-command.ts';
import { UpgradeImages } from './upgrade-images.tsx';

/** Of these a source package is upgraded, with all that was built from it. */
const OF_SYSTEMS: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm']);
const WITHOUT = ['running', 'first-seen'];

export function UpgradeDetail({ account, asked, group }: { account: string; asked: Narrowed; group: UpgradeGroup }) {
  const { findings: text, words } = useText();
  const { number } = useFormat();
  const { type, name, version } = group;
  const source = OF_SYSTEMS.has(type) ? 'true' : undefined;
  const cleared = useMemo(
    () => ({ ...asked, type, package: name, version, source, fixable: 'true' }),
    [asked, type, name, version, source],
  );
  const command = upgradeCommand(group);
  return (
    <div className="upgrade-body">
      {command ? <Command label={text.inBuild} text={command} /> : <p>{text.noCommand}</p>}
      {group.packages.length > 1 && <p>{text.builtFrom(number(group.packages.length), group.packages.join(', '))}</p>}
      <section aria-label={text.cleared}>
        <h2>{text.cleared}</h2>
        <FindingsTable
          account={account}
          asked={cleared}
          total={null}
          without={WITHOUT}
          empty={<Empty title={text.none} />}
        />
      </section>
      <section aria-label={text.whereItIs}>
        <h2>{text.whereItIs}</h2>
        <UpgradeImages account={account} group={group} source={source} />
      </section>
      <Command label={words.sameInTerminal} text={commandOf(account, cleared)} />
    </div>
  );
}
