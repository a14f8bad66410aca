/** The columns of the secrets in an image. */
import { useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { shortDigest, shortMiddle } from '../../../format/digest.ts';
import { useFormat } from '../../../format/format.ts';
import type { Column } from '../../../ui/column.ts';
import { SEVERITIES, SeverityMark } from '../../../ui/severity.tsx';
import { SecretMention } from '../../secrets/secret-mention.tsx';
import { SecretStateMark } from '../../secrets/secret-state.tsx';
import type { Secret } from './use-contents.ts';

/** The end of a path says most of it. */
const PATH_LENGTH = 24;

export function useSecretColumns(account: string): readonly Column<Secret>[] {
  const { contents, image, words } = useText();
  const { number } = useFormat();
  return useMemo(
    () => [
      {
        id: 'severity',
        head: words.severity,
        width: 88,
        sort: (row) => SEVERITIES.indexOf(row.severity),
        cell: (row) => <SeverityMark severity={row.severity} />,
      },
      {
        id: 'kind',
        head: words.kind,
        sort: (row) => row.title,
        cell: (row) => <span title={`${row.title} (${row.id})`}>{row.title}</span>,
      },
      {
        id: 'redacted',
        head: contents.redacted,
        width: 104,
        cell: (row) => <code title={row.redacted}>{row.redacted}</code>,
      },
      {
        id: 'state',
        head: words.state,
        width: 128,
        sort: (row) => row.state,
        cell: (row) => <SecretStateMark state={row.state} />,
      },
      {
        id: 'place',
        head: contents.place,
        width: 232,
        sort: (row) => row.places[0]?.path ?? '',
        cell: (row) => <Place row={row} more={contents.morePlaces(number(row.placeCount - 1))} />,
      },
      {
        id: 'layer',
        head: image.layer,
        width: 120,
        cell: (row) => <code title={row.places[0]?.layer ?? ''}>{short(row.places[0]?.layer ?? null)}</code>,
      },
      {
        id: 'fingerprint',
        head: contents.fingerprint,
        width: 104,
        sort: (row) => row.fingerprint,
        cell: (row) => <SecretMention account={account} fingerprint={row.fingerprint} />,
      },
      { id: 'why', head: words.detail, width: 56, cell: (row) => <DetailLink row={row} /> },
    ],
    [account, contents, image, words, number],
  );
}

/** Without `sha256:`, which every layer begins with. */
function short(layer: string | null): string {
  return layer === null ? '' : shortDigest(layer).replace('sha256:', '');
}

function Place({ row, more }: { row: Secret; more: string }) {
  const [first] = row.places;
  if (!first) return null;
  return (
    <span className="pair" title={row.places.map((place) => place.path).join('\n')}>
      <code className="rest clipped">{shortMiddle(first.path, PATH_LENGTH)}</code>
      {row.placeCount > 1 && <span className="quiet">{more}</span>}
    </span>
  );
}

function DetailLink({ row }: { row: Secret }) {
  const { contents, words } = useText();
  const [search] = useSearchParams();
  const next = new URLSearchParams(search);
  next.set('secret', row.fingerprint);
  return (
    <Link to={`?${next}`} preventScrollReset aria-label={contents.details(row.title)}>
      {words.detail}
    </Link>
  );
}
