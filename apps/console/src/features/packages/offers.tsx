/** What distributions offer now of a package, and how old their word is. */
import type { PackageOffer } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';

export function Offers({ offered }: { offered: readonly PackageOffer[] }) {
  const { packages: text } = useText();
  const { day } = useFormat();
  return (
    <>
      <h3>{text.offered}</h3>
      {offered.length === 0 ? (
        <p>{text.offeredUnknown}</p>
      ) : (
        <dl className="facts">
          {offered.map((one) => (
            <div key={`${one.distribution} ${one.architecture}`} className="offer">
              <dt>
                {one.distribution}, {one.architecture}
              </dt>
              <dd>
                {one.version === null ? text.notOffered : <code>{one.version}</code>}{' '}
                <span className="quiet">{one.date === null ? text.dateUnknown : text.asOf(day(one.date))}</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}
