/** A mention of a secret by its fingerprint: a link to its page, with where else it is on the card. */
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { Mention } from '../../ui/mention.tsx';
import { shortFingerprint } from './fingerprint.ts';
import { SecretStateMark } from './secret-state.tsx';
import { useHeldSecret } from './use-secrets.ts';

type Props = { account: string; fingerprint: string };

export function SecretMention({ account, fingerprint }: Props) {
  return (
    <Mention to={paths.secret(account, fingerprint)} card={() => <Card account={account} fingerprint={fingerprint} />}>
      <code>{shortFingerprint(fingerprint)}</code>
    </Mention>
  );
}

function Card({ account, fingerprint }: Props) {
  const { contents } = useText();
  const { number } = useFormat();
  const { data } = useHeldSecret(account, fingerprint);
  return (
    <>
      <strong>{data?.title ?? shortFingerprint(fingerprint)}</strong>
      {data && (
        <>
          <p>
            <SecretStateMark state={data.state} />
          </p>
          <p>{contents.inImages(number(data.images), number(data.repositories))}</p>
        </>
      )}
    </>
  );
}
