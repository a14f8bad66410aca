/** Secrets in the image: those that a container sees told apart from those that only the layers still hold. */
import type { ImageStatus } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { AnsweredPages } from '../../../ui/answered-pages.tsx';
import { Choice } from '../../../ui/choice.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { PlatformChoice } from '../cargo/scanned.tsx';
import { Examined, NotLookedInto } from './examined.tsx';
import { useSecretColumns } from './secret-columns.tsx';
import { SecretDetail } from './secret-detail.tsx';
import { type Secret, useImageSecrets } from './use-contents.ts';

const keyOf = (row: Secret): string => row.fingerprint;
const textOf = (row: Secret): string =>
  `${row.title} ${row.id} ${row.fingerprint} ${row.places.map((place) => `${place.path} ${place.layer}`).join(' ')}`;

export function Secrets({ image }: { image: ImageStatus }) {
  return (
    <Examined image={image}>
      {({ counts }, platform) => (
        <>
          <NotLookedInto image={image} count={counts.unexamined} platform={platform} />
          <Listed image={image} platform={platform} />
        </>
      )}
    </Examined>
  );
}

function Listed({ image, platform }: { image: ImageStatus; platform: string }) {
  const { contents } = useText();
  return (
    <AnsweredPages query={useImageSecrets(image, platform)} what={contents.secrets} more={contents.more}>
      {(rows) => <SecretTable image={image} secrets={rows} />}
    </AnsweredPages>
  );
}

function SecretTable({ image, secrets }: { image: ImageStatus; secrets: Secret[] }) {
  const { contents } = useText();
  const columns = useSecretColumns(image.account);
  const table = useTableState();
  const state = table.param('state');
  const rows = useMemo(() => secrets.filter((one) => state === '' || one.state === state), [secrets, state]);
  const asked = table.param('secret');
  const open = asked === '' ? undefined : secrets.find((one) => one.fingerprint === asked);
  if (secrets.length === 0) return <Empty title={contents.noSecrets} />;
  return (
    <>
      <DataTable
        label={contents.secrets}
        rows={rows}
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        filters={
          <>
            <Choice
              name="state"
              label={contents.anyState}
              options={[
                ['', contents.anyState],
                ['reachable', contents.states.reachable],
                ['removed-later', contents.states['removed-later']],
              ]}
            />
            <PlatformChoice image={image} />
          </>
        }
        empty={<Empty title={contents.noSecrets} />}
      />
      {open && <SecretDetail image={image} secret={open} onClose={() => table.set({ secret: '' })} />}
    </>
  );
}
