/** What the answer does not cover: images that nobody has scanned, packages that no source speaks of. */
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { useSentence } from '../../ui/states.tsx';
import { useUnknown } from './use-advisory.ts';

export function Unknown({ account }: { account: string }) {
  const { advisory } = useText();
  const { number } = useFormat();
  const { data, error } = useUnknown(account);
  const sentence = useSentence();
  if (error && !data) return <p className="advisory-unknown">{advisory.unknownNotKnown(sentence(error))}</p>;
  if (!data || data.unscannedImages + data.uncoveredPackages === 0) return null;
  return (
    <p className="advisory-unknown" role="note">
      {data.unscannedImages > 0 && (
        <>
          <Link className="named" to={paths.images(account, { verdict: 'pending' })}>
            {advisory.unscanned(number(data.unscannedImages), data.unscannedImages)}
          </Link>{' '}
        </>
      )}
      {data.uncoveredPackages > 0 && advisory.uncovered(number(data.uncoveredPackages), data.uncoveredPackages)}
    </p>
  );
}
