/** The sentence at the head of a comparison. */
import type { ImageComparison } from '@pratique/contract';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Format } from '../../format/format.ts';

type Compared = Pick<ImageComparison, 'packages' | 'findings'>;

export function sayComparison(
  { packages, findings }: Compared,
  text: Catalogue['compare'],
  { number }: Format,
): string {
  const moved = packages.added.length + packages.removed.length + packages.changed.length;
  const brought = findings.new.length;
  if (moved + brought + findings.gone.length === 0) return text.same;
  return text.says(
    brought === 0 ? text.bringsNone : text.brings(number(brought), brought),
    text.clears(number(findings.gone.length), number(findings.left)),
    text.moved(number(packages.added.length), number(packages.removed.length), number(packages.changed.length)),
  );
}

export type PackageChange = {
  kind: 'added' | 'removed' | 'changed' | 'downgraded';
  type: string;
  name: string;
  from: string | null;
  to: string | null;
};

/** One row for each package, those that went back to an older version first: nobody means that. */
export function changesOf({ added, removed, changed }: ImageComparison['packages']): PackageChange[] {
  return [
    ...changed
      .map(
        ({ downgraded, ...row }): PackageChange => ({ ...row, kind: downgraded === true ? 'downgraded' : 'changed' }),
      )
      .toSorted((a, b) => Number(b.kind === 'downgraded') - Number(a.kind === 'downgraded')),
    ...added.map(({ version, ...row }): PackageChange => ({ ...row, kind: 'added', from: null, to: version })),
    ...removed.map(({ version, ...row }): PackageChange => ({ ...row, kind: 'removed', from: version, to: null })),
  ];
}
