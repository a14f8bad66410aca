/** The signed lists of packages that a repair rests on, its layer, and how the images started. */
import type { Repair, RepairSource } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { DigestText } from '../../ui/copyable.tsx';

export function RepairSources({ platforms }: { platforms: Repair['platforms'] }) {
  const { words } = useText();
  const results = platforms.flatMap(({ result }) => result ?? []);
  const sources = new Map(results.flatMap(({ sources: all }) => all.map((one) => [`${one.uri} ${one.digest}`, one])));
  return (
    <>
      {sources.size === 0 && <p className="quiet">{words.none}</p>}
      <ul className="repair-sources">
        {[...sources].map(([key, source]) => (
          <Source key={key} source={source} />
        ))}
      </ul>
      <dl className="facts">
        {results.map(({ from, layer, smoke }) => (
          <Made key={from} layer={layer} smoke={smoke} />
        ))}
      </dl>
    </>
  );
}

type Result = NonNullable<Repair['platforms'][number]['result']>;

function Made({ layer, smoke }: Pick<Result, 'layer' | 'smoke'>) {
  const { repairs } = useText();
  const { bytes } = useFormat();
  return (
    <>
      {layer && (
        <>
          <dt>{repairs.layer}</dt>
          <dd>
            <DigestText digest={layer.digest} /> {bytes(layer.size)}
          </dd>
        </>
      )}
      {smoke && (
        <>
          <dt>{repairs.smoke}</dt>
          <dd>
            {repairs.smokeOutcomes[smoke.outcome]}: {smoke.detail}
          </dd>
        </>
      )}
    </>
  );
}

function Source({ source }: { source: RepairSource }) {
  const { repairs, words } = useText();
  const { moment } = useFormat();
  return (
    <li>
      <strong>{source.suite}</strong> <code>{source.uri}</code>
      <dl className="facts">
        <dt>{repairs.ofDate}</dt>
        <dd>{moment(source.date)}</dd>
        {source.validUntil && (
          <>
            <dt>{repairs.validUntil}</dt>
            <dd>{moment(source.validUntil)}</dd>
          </>
        )}
        <dt>{repairs.signedBy}</dt>
        <dd>
          {source.signedBy.map((key) => (
            <code key={key}>{key} </code>
          ))}
        </dd>
        <dt>{words.digest}</dt>
        <dd>
          <DigestText digest={source.digest} />
        </dd>
      </dl>
    </li>
  );
}
