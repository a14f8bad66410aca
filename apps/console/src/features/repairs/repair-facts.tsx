/** In the head of the document: what the image was repaired as, and what it was repaired from. */
import type { ImageStatus, RepairSummary } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { shortDigest } from '../../format/digest.ts';
import { paths } from '../../format/paths.ts';
import { ImageMention } from '../image/image-mention.tsx';
import { linksOf } from './say-repair.ts';

export function RepairFacts({ image }: { image: ImageStatus }) {
  const { repairs } = useText();
  const { as, from } = linksOf(image.repairs, image.digest);
  return (
    <>
      {as?.repaired && (
        <Fact label={repairs.becameImage} image={image} repair={as} other={as.repaired} tag={as.repairedTag} />
      )}
      {from && <Fact label={repairs.madeFrom} image={image} repair={from} other={from.digest} tag={from.tag} />}
    </>
  );
}

type Props = { label: string; image: ImageStatus; repair: RepairSummary; other: string; tag: string | null };

function Fact({ label, image: { account, repository }, repair, other, tag }: Props) {
  const { repairs } = useText();
  const { digest, repaired } = repair;
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <ImageMention
          account={account}
          repository={repository}
          reference={other}
          label={tag === null ? `${repository}@${shortDigest(other)}` : `${repository}:${tag}`}
        />
        {' · '}
        <Link className="named" to={paths.repair(account, repair.id)}>
          {repairs.report}
        </Link>
        {repaired && (
          <>
            {' · '}
            <Link
              className="named"
              to={paths.compare(account, { repository, reference: digest }, { repository, reference: repaired })}
            >
              {repairs.compare}
            </Link>
          </>
        )}
      </dd>
    </>
  );
}
