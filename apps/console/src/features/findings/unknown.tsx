/** What the list of findings cannot know: without it, it would look complete. */
import type { FindingFacets } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';

export function Unknown({ account, unknown }: { account: string; unknown: FindingFacets['unknown'] }) {
  const { findings: text } = useText();
  const { number } = useFormat();
  const { unscannedImages, uncoveredPackages } = unknown;
  if (unscannedImages + uncoveredPackages === 0) return null;
  return (
    <div className="notice" role="note">
      <p>
        <strong>{text.unknown}</strong> {unscannedImages > 0 && text.unscanned(number(unscannedImages))}{' '}
        {uncoveredPackages > 0 && text.uncovered(number(uncoveredPackages))}{' '}
        <Link
          to={
            unscannedImages > 0
              ? paths.images(account, { verdict: 'pending' })
              : paths.packages(account, { covered: 'false' })
          }
        >
          {unscannedImages > 0 ? text.toPending : text.toPackages}
        </Link>
      </p>
    </div>
  );
}
