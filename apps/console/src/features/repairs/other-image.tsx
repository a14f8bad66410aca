/** The other image of a repair: what this one became, or what it was made from. */
import type { RepairSummary } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { shortDigest } from '../../format/digest.ts';
import { ImageMention } from '../image/image-mention.tsx';

/** @param than digest of the image at hand */
export function OtherImage({ account, repair, than }: { account: string; repair: RepairSummary; than: string }) {
  const { repairs } = useText();
  const { repository, digest, tag, repaired, repairedTag } = repair;
  if (repaired === null || repair.mode === 'preview') return null;
  const isMade = repaired === than && digest !== than;
  const other = isMade ? { digest, tag } : { digest: repaired, tag: repairedTag };
  return (
    <>
      <span className="quiet">{isMade ? repairs.madeFrom : repairs.becameImage}</span>{' '}
      <ImageMention
        account={account}
        repository={repository}
        reference={other.digest}
        label={other.tag === null ? shortDigest(other.digest) : `:${other.tag}`}
      />
    </>
  );
}
