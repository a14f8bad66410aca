/** One secret in an image: every place it is at, where else it is, and what to do. */
import type { ImageStatus, SecretPlace } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { Command, DigestText } from '../../../ui/copyable.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { SeverityMark } from '../../../ui/severity.tsx';
import { SecretMention } from '../../secrets/secret-mention.tsx';
import { SecretStateMark } from '../../secrets/secret-state.tsx';
import { useHeldSecret } from '../../secrets/use-secrets.ts';
import { ExceptionLink } from './exception-link.tsx';
import type { Secret } from './use-contents.ts';

export function SecretDetail({ image, secret, onClose }: { image: ImageStatus; secret: Secret; onClose: () => void }) {
  const { contents, words } = useText();
  const { number } = useFormat();
  const { data: held } = useHeldSecret(image.account, secret.fingerprint);
  return (
    <Dialog side title={secret.title} onClose={onClose}>
      <p>{contents.statesLong[secret.state]}</p>
      <dl className="facts">
        <dt>{words.kind}</dt>
        <dd>
          <code>{secret.id}</code>
        </dd>
        <dt>{words.severity}</dt>
        <dd>
          <SeverityMark severity={secret.severity} />
        </dd>
        <dt>{contents.redacted}</dt>
        <dd>
          <code>{secret.redacted}</code>
        </dd>
        <dt>{contents.fingerprint}</dt>
        <dd>
          <SecretMention account={image.account} fingerprint={secret.fingerprint} />{' '}
          {held && <span>{contents.inImages(number(held.images), number(held.repositories))}</span>}
          <p className="quiet">{contents.fingerprintWhy}</p>
        </dd>
        <ExceptionLink account={image.account} name={secret.exception} />
      </dl>
      <p>{contents.turnOff}</p>
      <h3>{contents.places(number(secret.placeCount))}</h3>
      {secret.places.length < secret.placeCount && (
        <p className="quiet">{contents.placesShown(number(secret.places.length), number(secret.placeCount))}</p>
      )}
      <Places places={secret.places} />
      <Command
        label={contents.acceptRisk}
        text={`pratique exception request ${image.account} --secret ${secret.fingerprint} --repository ${image.repository} --reason '…' --days 30`}
      />
    </Dialog>
  );
}

export function Places({ places }: { places: readonly SecretPlace[] }) {
  const { contents, image } = useText();
  const { number } = useFormat();
  return (
    <ul className="places">
      {places.map((place, index) => (
        <li key={index}>
          <SecretStateMark state={place.state} />
          <p>
            {contents.where[place.where]} <code>{place.path}</code>
            <small>
              {contents.line(number(place.line), number(place.column))}
              {place.layer && (
                <>
                  {' · '}
                  {image.layer} <DigestText digest={place.layer} />
                </>
              )}
            </small>
          </p>
        </li>
      ))}
    </ul>
  );
}
