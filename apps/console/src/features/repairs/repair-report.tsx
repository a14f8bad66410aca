/** Everything that a repair changes and leaves, in numbers and in lists. */
import type { Repair } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { shortDigest } from '../../format/digest.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { NumberList } from '../../ui/number-list.tsx';
import { Tabs, useShown } from '../../ui/page.tsx';
import { RepairFindings } from './repair-findings.tsx';
import { RepairSources } from './repair-sources.tsx';
import { Differences, LeftPackages, Scripts, UpgradedPackages } from './repair-tables.tsx';
import { rowsOf, sumsOf } from './say-repair.ts';

type Props = { account: string; repair: Repair };
const KEPT = ['tagging', 'start'];

export function RepairReport({ account, repair }: Props) {
  const { repairs } = useText();
  const { number } = useFormat();
  const { platforms } = repair;
  const [upgraded, left, scripts, differences] = useMemo(
    () =>
      [
        rowsOf(platforms, (one) => one.upgraded),
        rowsOf(platforms, (one) => one.left),
        rowsOf(platforms, (one) => one.scripts),
        rowsOf(platforms, (one) => one.differences),
      ] as const,
    [platforms],
  );
  const tabs = [
    { id: 'changes', label: repairs.changes, count: number(upgraded.length) },
    { id: 'left', label: repairs.stays, count: number(left.length) },
    {
      id: 'findings',
      label: repairs.becomes,
      count: number(repair.gone.length + repair.remaining.length + repair.new.length),
    },
    { id: 'scripts', label: repairs.scripts, count: number(scripts.length) },
    { id: 'differences', label: repairs.differences, count: number(differences.length) },
    { id: 'sources', label: repairs.sources },
  ];
  const shown = useShown(tabs);
  return (
    <>
      <Skipped platforms={platforms} />
      <Numbers account={account} repair={repair} />
      <Tabs tabs={tabs} label={repairs.report} keep={KEPT} />
      {shown === 'changes' && <UpgradedPackages rows={upgraded} />}
      {shown === 'left' && <LeftPackages rows={left} />}
      {shown === 'findings' && <RepairFindings account={account} repair={repair} />}
      {shown === 'scripts' && <Scripts rows={scripts} />}
      {shown === 'differences' && <Differences rows={differences} />}
      {shown === 'sources' && <RepairSources platforms={platforms} />}
    </>
  );
}

/** Images of an index that could not be repaired stay as they are, each with its reason. */
function Skipped({ platforms }: { platforms: Repair['platforms'] }) {
  const { repairs } = useText();
  return platforms.map(({ digest, os, architecture, skipped }) =>
    skipped === null ? null : (
      <p key={digest} className="repair-note" role="note">
        {repairs.platform([os, architecture].filter(Boolean).join('/') || shortDigest(digest))}.{' '}
        {repairs.skipped(skipped)}
      </p>
    ),
  );
}

function Numbers({ account, repair }: Props) {
  const { repairs } = useText();
  const { number, bytes } = useFormat();
  const sums = sumsOf(repair.platforms);
  const isPreview = repair.mode === 'preview';
  const to = (show: string, outcome = ''): string => paths.repair(account, repair.id, { show, outcome });
  const how = repair.rescanned ? repairs.goneScanned : repairs.gonePromised;
  return (
    <div className="repair-numbers">
      <NumberList
        label={repairs.numbers}
        numbers={[
          {
            to: to('changes'),
            value: number(repair.upgraded),
            label: isPreview ? repairs.upgrades : repairs.upgraded,
            beside: repairs.download(bytes(sums.packages)),
          },
          {
            to: to('changes'),
            value: bytes(sums.layers),
            label: repairs.layer,
            beside: repairs.layerBeside(number(sums.files)),
          },
          { to: to('left'), value: number(repair.left), label: repairs.left, beside: repairs.leftBeside },
          { to: to('findings', 'gone'), value: number(repair.gone.length), label: repairs.gone, beside: how },
          {
            to: to('findings', 'remaining'),
            value: number(repair.remaining.length),
            label: repairs.remaining,
            beside: repairs.remainingBeside(number(repair.gone.length + repair.remaining.length)),
          },
          {
            to: to('findings', 'new'),
            value: number(repair.new.length),
            label: repairs.new,
            beside: repairs.newBeside,
          },
        ]}
      />
    </div>
  );
}
