/** What was found in the contents, in the head of the document; what nobody looked at is said to be unknown. */
import type { ImageContents, ImageStatus } from '@pratique/contract';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { paths } from '../../../format/paths.ts';
import { Moment } from '../../../ui/moment.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { useContents } from './use-contents.ts';

export function ContentFacts({ image }: { image: ImageStatus }) {
  const { contents } = useText();
  const { number } = useFormat();
  const { data } = useContents(image, useTableState().param('platform'));
  const counts = data?.counts ?? null;
  const fact = (show: string, label: string, value: string | null): ReactNode => (
    <>
      <dt>{label}</dt>
      <dd>
        {value === null ? (
          <Unknown data={data} />
        ) : (
          <Link
            className="named"
            to={paths.image(image.account, image.repository, image.reference, { show })}
            preventScrollReset
          >
            {value}
          </Link>
        )}
      </dd>
    </>
  );
  const unexamined = counts?.unexamined ?? 0;
  const none = unexamined === 0 ? contents.noneFound : contents.noneFoundIn(number(unexamined));
  const told = (count: number, said: string): string => (count === 0 ? none : said);
  return (
    <>
      {fact(
        'secrets',
        contents.secrets,
        counts && told(counts.secrets, contents.secretsFact(number(counts.secrets), number(counts.reachableSecrets))),
      )}
      {fact('malware', contents.malware, counts && told(counts.malware, number(counts.malware)))}
      {fact(
        'baseline',
        contents.baseline,
        counts && contents.checksFact(number(counts.failedChecks), number(counts.passedChecks)),
      )}
      {data?.examinedAt && counts && (
        <>
          <dt>{contents.examined}</dt>
          <dd>
            <Moment at={data.examinedAt} />
          </dd>
        </>
      )}
    </>
  );
}

function Unknown({ data }: { data: ImageContents | undefined }) {
  const { words } = useText();
  if (!data) return <span aria-hidden="true">…</span>;
  return <span title={data.failure ?? undefined}>{words.notExamined}</span>;
}
