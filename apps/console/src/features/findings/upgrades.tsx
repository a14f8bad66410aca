/** Which upgrades clear most findings over all images: one row for each, opened to what it clears and where. */
import type { UpgradeGroup, UpgradeGroups } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { AnsweredPages } from '../../ui/answered-pages.tsx';
import { Empty } from '../../ui/states.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import type { Narrowed } from './narrow.ts';
import { UpgradeDetail } from './upgrade-detail.tsx';
import { useUpgrades } from './use-findings.ts';

const keyOf = (one: UpgradeGroup): string => [one.type, one.name, one.version, one.distribution ?? ''].join(' ');

export function Upgrades({ account, asked }: { account: string; asked: Narrowed }) {
  const { findings: text } = useText();
  const query = useUpgrades(account, asked);
  return (
    <AnsweredPages query={query} what={text.upgrades} more={text.moreUpgrades}>
      {(pages) => <UpgradeList account={account} asked={asked} pages={pages} />}
    </AnsweredPages>
  );
}

function UpgradeList({ account, asked, pages }: { account: string; asked: Narrowed; pages: readonly UpgradeGroups[] }) {
  const { findings: text } = useText();
  const { number } = useFormat();
  const groups = pages.flatMap((page) => page.upgrades);
  const [first] = pages;
  if (groups.length === 0) return <Empty title={text.noUpgrade} hint={text.unfixable(number(first?.unfixable ?? 0))} />;
  return (
    <>
      <p className="above-table" role="status">
        {text.upgradesLead(number(first?.total ?? 0), number(first?.unfixable ?? 0))}
      </p>
      <ol className="upgrades">
        {groups.map((one) => (
          <Upgrade key={keyOf(one)} account={account} asked={asked} group={one} />
        ))}
      </ol>
    </>
  );
}

function Upgrade({ account, asked, group }: { account: string; asked: Narrowed; group: UpgradeGroup }) {
  const { findings: text, image } = useText();
  const { number } = useFormat();
  const table = useTableState();
  const isOpen = table.param('upgrade') === keyOf(group);
  return (
    <li>
      <button
        type="button"
        className="upgrade-head"
        aria-expanded={isOpen}
        onClick={() => table.set({ upgrade: isOpen ? '' : keyOf(group), why: '' })}
      >
        <strong title={image.priority}>
          <span className="visually-hidden">{image.priority} </span>
          {group.priority}
        </strong>
        <span>
          <strong>{group.name}</strong>{' '}
          <span className="quiet">
            {group.type}
            {group.distribution === null ? '' : `, ${group.distribution}`}
          </span>
          <br />
          <code>
            {group.version} → {group.to ?? text.severalFixes}
          </code>
        </span>
        <span>
          {text.clears(number(group.findings), number(group.images))}
          <br />
          <span className="quiet">
            {text.holes(number(group.holes))}
            {group.exploited > 0 && (
              <>
                {' · '}
                <strong>{text.exploitedHoles(number(group.exploited))}</strong>
              </>
            )}
          </span>
        </span>
        <span aria-hidden="true">{isOpen ? '−' : '+'}</span>
      </button>
      {isOpen && <UpgradeDetail account={account} asked={asked} group={group} />}
    </li>
  );
}
