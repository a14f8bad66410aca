/** What the image is, in facts. */
import type { ImageStatus } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { DigestText } from '../../ui/copyable.tsx';
import { Moment } from '../../ui/moment.tsx';
import { RepairFacts } from '../repairs/repair-facts.tsx';
import { ContentFacts } from './contents/content-facts.tsx';

export function Facts({ image }: { image: ImageStatus }) {
  const { image: text, images, words } = useText();
  const format = useFormat();
  const { inventory } = image;
  return (
    <dl className="facts bill-facts">
      <dt>{words.digest}</dt>
      <dd>
        <DigestText digest={image.digest} />
      </dd>
      <dt>{text.pushedWhen}</dt>
      <dd>
        <Moment at={image.pushedAt} /> {text.by(image.pushedBy)}
      </dd>
      <dt>{text.tags}</dt>
      <dd>
        {image.tags.map((tag) => (tag.immutable ? `${tag.name} (${images.immutable})` : tag.name)).join(', ') ||
          words.none}
      </dd>
      <dt>{text.platforms}</dt>
      <dd>
        {image.platforms
          .map(platformName)
          .filter((name) => name !== '')
          .join(', ') || words.none}
      </dd>
      <dt>{text.distribution}</dt>
      <dd>{inventory ? (inventory.distribution?.name ?? text.unknownDistribution) : words.notExamined}</dd>
      <dt>{text.contains}</dt>
      <dd>
        {inventory
          ? text.contents(format.number(inventory.packages), format.number(inventory.files))
          : words.notExamined}
      </dd>
      <dt>{words.size}</dt>
      <dd>{format.bytes(image.size)}</dd>
      <ContentFacts image={image} />
      <RepairFacts image={image} />
      {image.renewal && (
        <>
          <dt>{text.lookedAgain}</dt>
          <dd title={text.lookedAgainWhy}>
            {image.renewal.at && !image.revocation ? <Moment at={image.renewal.at} /> : text.notLookedAgain}
          </dd>
        </>
      )}
      {image.verdict && (
        <>
          <dt>{text.decidedFrom}</dt>
          <dd>
            <DigestText digest={image.verdict.inputHash} />
          </dd>
        </>
      )}
    </dl>
  );
}

export function platformName({ os, architecture, variant }: ImageStatus['platforms'][number]): string {
  return [os, architecture, variant].filter(Boolean).join('/');
}
