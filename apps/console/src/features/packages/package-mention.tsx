/** A mention of a package: a link to its page, with a card of what is known of it and who has it. */
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { Mention } from '../../ui/mention.tsx';
import { SeverityTally } from '../../ui/severity.tsx';
import { sentenceOf } from './sentence.ts';
import { type AskedPackage, usePackage } from './use-packages.ts';

type Named = { type: string; name: string; version: string; purl: string };

/** @param only the link leads to this one alone, not to all of its name */
export function PackageMention({ account, of, only = false }: { account: string; of: Named; only?: boolean }) {
  const { type, name, version, purl } = of;
  const asked = only ? { type, name, purl } : { type, name };
  return (
    <Mention to={paths.package(account, asked)} card={() => <Card account={account} asked={asked} />}>
      {only ? <code>{version}</code> : name}
    </Mention>
  );
}

function Card({ account, asked }: { account: string; asked: AskedPackage }) {
  const { packages: text } = useText();
  const { number } = useFormat();
  const { data } = usePackage(account, asked);
  return (
    <>
      <strong>{asked.name}</strong> <span className="quiet">{asked.type}</span>
      {data && (
        <>
          <p>
            <SeverityTally counts={data.findings} />
          </p>
          <p>{sentenceOf(data, text, number)}</p>
        </>
      )}
    </>
  );
}

/** One package alone, in an address. */
export const oneOf = ({ type, name, purl }: Named): { type: string; name: string; purl: string } => ({
  type,
  name,
  purl,
});
