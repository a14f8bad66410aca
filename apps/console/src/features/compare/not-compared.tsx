/** What was not read in one of the two images, or what no source of advisories speaks of: there the comparison says nothing. */
import type { ImageComparison } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { Unexamined } from '../image/cargo/unexamined.tsx';
import { useImage } from '../image/use-image.ts';
import { nameOf } from './named.ts';

export function NotCompared({ account, comparison }: { account: string; comparison: ImageComparison }) {
  const { compare } = useText();
  const { from, to, partial } = comparison;
  return (
    <>
      {partial && (
        <p className="compare-partial" role="note">
          {compare.partial}
        </p>
      )}
      <OfImage account={account} of={from} />
      <OfImage account={account} of={to} />
    </>
  );
}

function OfImage({ account, of }: { account: string; of: ImageComparison['from'] }) {
  const { compare } = useText();
  const { data: image } = useImage(account, of.repository, of.reference);
  if (!image || (image.uncovered.length === 0 && (image.inventory?.missing ?? []).length === 0)) return null;
  return (
    <details className="compare-unexamined">
      <summary>{compare.notKnownOf(nameOf(of))}</summary>
      <Unexamined image={image} />
    </details>
  );
}
