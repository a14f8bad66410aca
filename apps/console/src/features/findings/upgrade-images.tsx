/** Images that hold what an upgrade moves. */
import { type HoldingImage, HoldingImages, type UpgradeGroup } from '@pratique/contract';
import { within } from '../../api/use-change.ts';
import { usePages } from '../../api/use-pages.ts';
import { useText } from '../../catalogue/use-text.ts';
import { shortDigest } from '../../format/digest.ts';
import { useFormat } from '../../format/format.ts';
import { AnsweredPages } from '../../ui/answered-pages.tsx';
import { Empty } from '../../ui/states.tsx';
import { standingOf, VerdictMark } from '../../ui/verdict-mark.tsx';
import { ImageMention } from '../image/image-mention.tsx';

type Props = { account: string; group: UpgradeGroup; source: string | undefined };

export function UpgradeImages({ account, group, source }: Props) {
  const { findings: text, holders } = useText();
  const { type, name, version } = group;
  const pages = usePages(
    [account, 'findings', 'upgrade-images'],
    HoldingImages,
    (page) => page.images,
    within(account, 'package', 'images'),
    { type, name, version, exact: 'true', source },
  );
  return (
    <AnsweredPages query={pages} what={text.whereItIs} more={holders.more}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title={holders.noImages} />
        ) : (
          <ul className="upgrade-images" tabIndex={0} aria-label={text.whereItIs}>
            {rows.map((row) => (
              <Holder key={`${row.repository}@${row.digest}`} account={account} row={row} />
            ))}
          </ul>
        )
      }
    </AnsweredPages>
  );
}

function Holder({ account, row }: { account: string; row: HoldingImage }) {
  const { findings: text } = useText();
  const { number } = useFormat();
  const [tag] = row.tags;
  return (
    <li>
      <VerdictMark standing={standingOf({ decision: row.decision, state: row.verdictState })} />
      <ImageMention
        account={account}
        repository={row.repository}
        reference={row.digest}
        label={tag ? `${row.repository}:${tag}` : `${row.repository}@${shortDigest(row.digest)}`}
      />
      {row.containers > 0 && <span className="quiet">{text.containers(number(row.containers))}</span>}
    </li>
  );
}
