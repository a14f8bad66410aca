/** A seal for each signature. */
import type { ImageStatus, Signature } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { shortMiddle } from '../../format/digest.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { imageName } from '../../format/reference.ts';
import { Command, DigestText } from '../../ui/copyable.tsx';
import { Section } from '../../ui/page.tsx';
import { inSealOrder, predicateOf } from './predicate.ts';
import { downloadOf } from './use-image.ts';

export function Seals({ image }: { image: ImageStatus }) {
  const { image: text } = useText();
  const signed = image.signatures.some((signature) => predicateOf(signature.predicateType) === 'signature');
  return (
    <Section title={text.seals}>
      {image.signatures.length === 0 && <p className="quiet">{text.noSeals}</p>}
      <ul className="seals">
        {inSealOrder(image.signatures).map((signature) => (
          <Seal
            key={`${signature.predicateType} ${signature.manifest} ${signature.createdAt}`}
            image={image}
            signature={signature}
          />
        ))}
      </ul>
      {signed && (
        <Command
          label={text.verifyCommand}
          text={`pratique key export ${image.account} > ${image.account}.pub\npratique verify ${imageName(image.account, image.repository, image.reference)} --key ${image.account}.pub`}
        />
      )}
    </Section>
  );
}

function Seal({ image, signature }: { image: ImageStatus; signature: Signature }) {
  const { image: text } = useText();
  const format = useFormat();
  const predicate = predicateOf(signature.predicateType);
  return (
    <li>
      <SealShape letter={text.predicate[predicate].slice(0, 1)} />
      <div>
        <strong title={signature.predicateType}>
          {predicate === 'other' ? shortMiddle(signature.predicateType, 32) : text.predicate[predicate]}
        </strong>
        <span>
          {format.moment(signature.createdAt)} ·{' '}
          <a href={downloadOf(image, 'attestation', { predicateType: signature.predicateType })}>{text.bundle}</a>
        </span>
        <span>
          {text.signedWith}{' '}
          <Link to={paths.settings(image.account, { show: 'keys' })}>
            <code>{signature.keyId.slice(0, 8)}</code>
          </Link>{' '}
          · {signature.manifest ? <DigestText digest={signature.manifest} /> : text.shownHere}
        </span>
      </div>
    </li>
  );
}

const TEETH = 24;
/** A circle with 24 teeth, as an embosser leaves it. */
const RIM = Array.from({ length: TEETH * 2 }, (_, index) => {
  const radius = index % 2 === 0 ? 19.5 : 17.5;
  const angle = (index / TEETH) * Math.PI;
  return `${(20 + radius * Math.cos(angle)).toFixed(2)},${(20 + radius * Math.sin(angle)).toFixed(2)}`;
}).join(' ');

function SealShape({ letter }: { letter: string }) {
  return (
    <svg className="seal" viewBox="0 0 40 40" width="40" height="40" aria-hidden="true">
      <polygon points={RIM} fill="currentColor" />
      <circle cx="20" cy="20" r="14" fill="none" stroke="var(--sea-ink)" strokeWidth="1" />
      <text x="20" y="25" textAnchor="middle" fill="var(--sea-ink)">
        {letter}
      </text>
    </svg>
  );
}
