/** How the image stands against the baseline: what failed with its reason and what to do, then what passed. */
import { BaselineProfile, type ImageContents, type ImageStatus } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { AnsweredPages } from '../../../ui/answered-pages.tsx';
import { Choice } from '../../../ui/choice.tsx';
import { Empty } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { PlatformChoice } from '../cargo/scanned.tsx';
import { BaselineCheck } from './baseline-check.tsx';
import { Examined } from './examined.tsx';
import { type Check, useImageChecks } from './use-contents.ts';

export function Baseline({ image }: { image: ImageStatus }) {
  const { contents } = useText();
  return (
    <Examined image={image}>
      {(known, platform) => (
        <>
          <div className="table-tools">
            <Choice
              name="profile"
              label={contents.profile}
              options={[['', contents.anyProfile], ...BaselineProfile.options.map((one) => [one, one] as const)]}
            />
            <PlatformChoice image={image} />
          </div>
          <Listed image={image} platform={platform} />
          <Others known={known} />
        </>
      )}
    </Examined>
  );
}

function Listed({ image, platform }: { image: ImageStatus; platform: string }) {
  const { contents } = useText();
  return (
    <AnsweredPages query={useImageChecks(image, platform)} what={contents.baseline} more={contents.more}>
      {(rows) => <Checks account={image.account} checks={rows} />}
    </AnsweredPages>
  );
}

function Checks({ account, checks }: { account: string; checks: Check[] }) {
  const { contents } = useText();
  const profile = useTableState().param('profile');
  const shown = useMemo(
    () => (profile === '' ? checks : checks.filter((one) => one.profiles.some((name) => name === profile))),
    [checks, profile],
  );
  if (shown.length === 0) return <Empty title={checks.length === 0 ? contents.noFailed : contents.noneOfProfile} />;
  return (
    <ul className="checks" aria-label={contents.baseline}>
      {shown.map((check) => (
        <BaselineCheck key={check.id} account={account} check={check} />
      ))}
    </ul>
  );
}

function Others({ known }: { known: ImageContents }) {
  const { contents } = useText();
  const { number } = useFormat();
  return (
    <div className="checks-beside">
      {known.passed.length > 0 && (
        <details>
          <summary>{contents.passedChecks(number(known.passed.length))}</summary>
          <ul className="check-names">
            {known.passed.map((id) => (
              <li key={id}>
                <code>{id}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
      {known.notApplicable.length > 0 && (
        <details>
          <summary>{contents.inapplicable(number(known.notApplicable.length))}</summary>
          <ul>
            {known.notApplicable.map(({ id, detail }) => (
              <li key={id}>
                <code>{id}</code> <span className="quiet">{detail}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
