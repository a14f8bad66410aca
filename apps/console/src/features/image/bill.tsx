/** The head of the document: what the image is, and the stamp with its reason. */
import type { ImageStatus } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { imageName } from '../../format/reference.ts';
import { Command } from '../../ui/copyable.tsx';
import { PageHead } from '../../ui/page.tsx';
import { VerdictStamp } from '../../ui/verdict-mark.tsx';
import { AdvisoryText } from '../advisory/advisory-text.tsx';
import { BillActions } from './bill-actions.tsx';
import { Facts } from './facts.tsx';
import { sentenceOf, stampDate } from './sentence.ts';
import { standingOfImage } from './standing.ts';

export function Bill({ image }: { image: ImageStatus }) {
  const text = useText();
  const format = useFormat();
  const standing = standingOfImage(image);
  return (
    <article className={`bill ${standing}`} aria-label={text.image.document}>
      <PageHead
        title={imageName(image.account, image.repository, shown(image))}
        lead={<AdvisoryText account={image.account} text={sentenceOf(image, text.image, format)} />}
      >
        <VerdictStamp standing={standing} date={stampDate(image, text.image, format)} />
      </PageHead>
      <Facts image={image} />
      {image.renewal?.error && (
        <p className="caution" role="note">
          {text.image.notRenewed(format.number(image.renewal.failures), image.renewal.error)}
        </p>
      )}
      <div className="bill-foot">
        <Command
          text={`pratique status ${imageName(image.account, image.repository, image.reference)}`}
          label={text.words.sameInTerminal}
        />
        <BillActions image={image} />
      </div>
    </article>
  );
}

/** A digest in a title is shortened; the whole one stands below it. */
function shown({ reference, digest }: ImageStatus): string {
  return reference === digest ? `${digest.slice(0, 19)}…` : reference;
}
