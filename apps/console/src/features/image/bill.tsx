/** The head of the document: what the image is, and the stamp with its reason. */
import type { ImageStatus } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { imageName } from '../../format/reference.ts';
import { useAccount } from '../../shell/session.ts';
import { announce } from '../../ui/announcements.tsx';
import { Button } from '../../ui/button.tsx';
import { Command, DigestText } from '../../ui/copyable.tsx';
import { Moment } from '../../ui/moment.tsx';
import { PageHead } from '../../ui/page.tsx';
import { useSentence } from '../../ui/states.tsx';
import { standingOf, VerdictStamp } from '../../ui/verdict-mark.tsx';
import { sentenceOf } from './sentence.ts';
import { useRunAgain } from './use-image.ts';

export function Bill({ image }: { image: ImageStatus }) {
  const text = useText();
  const format = useFormat();
  const standing = standingOf(image.verdict);
  const { verdict } = image;
  const date =
    !verdict || standing === 'pending'
      ? null
      : standing === 'allowed'
        ? text.image.until(format.day(verdict.validUntil))
        : text.image.since(format.day(verdict.decidedAt));
  return (
    <article className={`bill ${standing}`} aria-label={text.image.document}>
      <PageHead
        title={imageName(image.account, image.repository, shown(image))}
        lead={sentenceOf(image, text.image, format)}
      >
        <VerdictStamp standing={standing} date={date} />
      </PageHead>
      <Facts image={image} />
      <div className="bill-foot">
        <Command
          text={`pratique status ${imageName(image.account, image.repository, image.reference)}`}
          label={text.words.sameInTerminal}
        />
        <RunAgain image={image} />
      </div>
    </article>
  );
}

/** A digest in a title is shortened; the whole one stands below it. */
function shown({ reference, digest }: ImageStatus): string {
  return reference === digest ? `${digest.slice(0, 19)}…` : reference;
}

function Facts({ image }: { image: ImageStatus }) {
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

function RunAgain({ image }: { image: ImageStatus }) {
  const { image: text, states, words } = useText();
  const { account, may } = useAccount();
  const again = useRunAgain(account);
  const sentence = useSentence();
  if (!may('developer')) return <p className="quiet">{states.needsRole(words.roles.developer, account)}</p>;
  return (
    <Button
      disabled={again.isPending}
      onClick={() =>
        again.mutate(
          { repository: image.repository, reference: image.reference },
          { onSuccess: () => announce(text.rerunStarted), onError: (error) => announce(sentence(error)) },
        )
      }
    >
      {text.rerun}
    </Button>
  );
}
