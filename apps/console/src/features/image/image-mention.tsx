/** A mention of an image: a link to its page, with a card of what is known on hover and focus. */
import { useText } from '../../catalogue/use-text.ts';
import { shortMiddle } from '../../format/digest.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { imageName } from '../../format/reference.ts';
import { Mention } from '../../ui/mention.tsx';
import { Moment } from '../../ui/moment.tsx';
import { SeverityTally } from '../../ui/severity.tsx';
import { StepMark } from '../../ui/step-mark.tsx';
import { VerdictMark } from '../../ui/verdict-mark.tsx';
import { standingOfImage } from './standing.ts';
import { useImage } from './use-image.ts';

const NAME_LENGTH = 72;

type Props = { account: string; repository: string; reference: string; label?: string };

export function ImageMention({ account, repository, reference, label }: Props) {
  const name = `${repository}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
  return (
    <Mention
      to={paths.image(account, repository, reference)}
      card={() => <Card account={account} repository={repository} reference={reference} />}
    >
      {label ?? shortMiddle(name, NAME_LENGTH)}
    </Mention>
  );
}

function Card({ account, repository, reference }: Omit<Props, 'label'>) {
  const { images, words, image } = useText();
  const format = useFormat();
  const { data } = useImage(account, repository, reference);
  return (
    <>
      <strong>{imageName(account, repository, reference)}</strong>
      {data && (
        <dl className="facts">
          <dt>{images.verdict}</dt>
          <dd>
            <VerdictMark standing={standingOfImage(data)} />
          </dd>
          <dt>{images.chain}</dt>
          <dd>
            <StepMark state={data.chain.state} />
          </dd>
          <dt>{images.findings}</dt>
          <dd>
            <SeverityTally counts={data.findings} />
          </dd>
          <dt>{words.size}</dt>
          <dd>{format.bytes(data.size)}</dd>
          <dt>{image.pushedWhen}</dt>
          <dd>
            <Moment at={data.pushedAt} /> {image.by(data.pushedBy)}
          </dd>
        </dl>
      )}
    </>
  );
}
