/** From an image's page: which image to compare it with, the one before it first. */
import type { ImageRow, ImageStatus } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { standingOf, VerdictMark } from '../../ui/verdict-mark.tsx';
import { useImages } from '../images/use-images.ts';
import { othersOf } from './named.ts';
import './compare.css';

const SHOWN = 50;

export function CompareDialog({ image, onClose }: { image: ImageStatus; onClose: () => void }) {
  const { compare } = useText();
  return (
    <Dialog side title={compare.dialogTitle} onClose={onClose}>
      <p>{compare.dialogLead}</p>
      <Answered query={useImages(image.account, image.repository)} what={compare.dialogTitle}>
        {({ rows }) => <Others image={image} others={othersOf(rows, image)} />}
      </Answered>
      <p>
        <Link className="button" to={paths.compareOthers(image.account, image)}>
          {compare.another}
        </Link>
      </p>
    </Dialog>
  );
}

function Others({ image, others }: { image: ImageStatus; others: ImageRow[] }) {
  const { compare } = useText();
  const { number } = useFormat();
  if (others.length === 0) return <Empty title={compare.noOthers} />;
  return (
    <>
      <ul className="compare-others">
        {others.slice(0, SHOWN).map((row) => (
          <li key={row.tag}>
            <Link to={paths.compare(image.account, { repository: row.repository, reference: row.tag }, image)}>
              {row.tag}
            </Link>
            <VerdictMark standing={standingOf({ decision: row.decision, state: row.verdictState })} />
            <span className="quiet">
              <Moment at={row.pushedAt} />
            </span>
          </li>
        ))}
      </ul>
      {others.length > SHOWN && <p className="quiet">{compare.moreOthers(number(others.length - SHOWN))}</p>}
    </>
  );
}
