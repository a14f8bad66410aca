/** A mention of an image: a link to its page, with a card of what is known on hover and focus. */
import { useEffect, useId, useRef, useState } from 'react';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { shortMiddle } from '../../format/digest.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { imageName } from '../../format/reference.ts';
import { Moment } from '../../ui/moment.tsx';
import { SeverityTally } from '../../ui/severity.tsx';
import { StepMark } from '../../ui/step-mark.tsx';
import { VerdictMark } from '../../ui/verdict-mark.tsx';
import { standingOfImage } from './standing.ts';
import { useImage } from './use-image.ts';
import './image-mention.css';

const PAUSE_MS = 350;
const NAME_LENGTH = 72;

type Props = { account: string; repository: string; reference: string; label?: string };

export function ImageMention({ account, repository, reference, label }: Props) {
  const [at, setAt] = useState<{ left: number; top: number } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const id = useId();
  useEffect(() => () => clearTimeout(timer.current), []);
  const open = (element: HTMLElement): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const { left, bottom } = element.getBoundingClientRect();
      setAt({ left: Math.min(left, innerWidth - 368), top: bottom + 4 });
    }, PAUSE_MS);
  };
  const close = (): void => {
    clearTimeout(timer.current);
    setAt(null);
  };
  const name = `${repository}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
  return (
    <>
      <Link
        to={paths.image(account, repository, reference)}
        className="mention"
        aria-describedby={at ? id : undefined}
        onMouseEnter={(event) => open(event.currentTarget)}
        onFocus={(event) => open(event.currentTarget)}
        onMouseLeave={close}
        onBlur={close}
        onClick={close}
        onKeyDown={(event) => event.key === 'Escape' && close()}
      >
        {label ?? shortMiddle(name, NAME_LENGTH)}
      </Link>
      {at && <Card id={id} at={at} account={account} repository={repository} reference={reference} />}
    </>
  );
}

type CardProps = Omit<Props, 'label'> & { id: string; at: { left: number; top: number } };

function Card({ id, at, account, repository, reference }: CardProps) {
  const { images, words, image } = useText();
  const format = useFormat();
  const ref = useRef<HTMLDivElement>(null);
  const { data } = useImage(account, repository, reference);
  useEffect(() => ref.current?.showPopover(), []);
  return (
    <div id={id} ref={ref} role="tooltip" popover="manual" className="hover-card" style={at}>
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
    </div>
  );
}
