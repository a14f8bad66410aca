/** What secrets, malware and baseline share: one examination, and the times when there is none, or an old or partial one. */
import type { ContentCounts, ImageContents, ImageStatus } from '@pratique/contract';
import { type ReactNode, useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { AnsweredPages } from '../../../ui/answered-pages.tsx';
import { Answered, Empty, SkeletonRows } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { useContents, useUnexamined } from './use-contents.ts';
import './contents.css';

type Known = ImageContents & { counts: ContentCounts };
type Props = { image: ImageStatus; children: (known: Known, platform: string) => ReactNode };

export function Examined({ image, children }: Props) {
  const { contents } = useText();
  const platform = useTableState().param('platform');
  return (
    <Answered query={useContents(image, platform)} what={contents.examined} skeleton={<SkeletonRows />}>
      {(found) => {
        const { counts, failure } = found;
        if (failure !== null) return <Empty title={contents.failed} hint={contents.failedHint(failure)} />;
        if (counts === null) return <Empty title={contents.notYet} hint={contents.notYetHint} />;
        return (
          <>
            {!found.current && (
              <p className="contents-note" role="note">
                {contents.older}
              </p>
            )}
            {children({ ...found, counts }, platform)}
          </>
        );
      }}
    </Answered>
  );
}

/** Contents that nobody could look into; the list is asked for when it is opened. */
export function NotLookedInto({ image, count, platform }: { image: ImageStatus; count: number; platform: string }) {
  const { contents } = useText();
  const { number } = useFormat();
  const [isOpen, setOpen] = useState(false);
  if (count === 0) return null;
  return (
    <details className="contents-note" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{contents.unexamined(number(count))}</summary>
      {isOpen && <List image={image} platform={platform} />}
    </details>
  );
}

function List({ image, platform }: { image: ImageStatus; platform: string }) {
  const { contents, image: text } = useText();
  return (
    <AnsweredPages query={useUnexamined(image, platform)} what={text.missing} more={contents.more}>
      {(rows) => (
        <ul>
          {rows.map((one) => (
            <li key={`${one.path} ${one.kind}`}>
              <code>{one.path}</code> {contents.unexaminedKinds[one.kind]}: {one.detail}
            </li>
          ))}
        </ul>
      )}
    </AnsweredPages>
  );
}
