/** What distributions offer now of a package, and how old their word is: a term of a list and its descriptions. */
import type { PackageOffer } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';

export function Offers({ offered }: { offered: readonly PackageOffer[] }) {
  const { packages: text } = useText();
  const { day } = useFormat();
  return (
    <>
      <dt>{text.offered}</dt>
      {offered.length === 0 && <dd>{text.offeredUnknown}</dd>}
      {offered.map((one) => (
        <dd key={`${one.distribution} ${one.architecture}`} className="offer">
          {one.version === null ? text.notOffered : <code>{one.version}</code>}{' '}
          <span className="quiet">
            {one.distribution}, {one.architecture}, {one.date === null ? text.dateUnknown : text.asOf(day(one.date))}
          </span>
        </dd>
      ))}
    </>
  );
}
