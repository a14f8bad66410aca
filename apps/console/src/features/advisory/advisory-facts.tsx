/** What is known of the hole itself: how bad, how likely, by which names, where to read on. */
import type { AdvisoryPage } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { shellWord } from '../../format/reference.ts';
import { useAccount } from '../../shell/session.ts';
import { Command, DigestText } from '../../ui/copyable.tsx';
import { SeverityMark } from '../../ui/severity.tsx';
import { percent, webAddress } from './say-advisory.ts';

/** Names that are shown at once; those of a distribution's updates can be dozens. */
const NAMES = 12;

export function AdvisoryFacts({ page }: { page: AdvisoryPage }) {
  const { advisory, image, words } = useText();
  const format = useFormat();
  return (
    <div className="advisory-about">
      {page.titles.slice(0, 3).map(({ title, source }) => (
        <p key={title} className="advisory-title">
          {title}
          {source !== '' && <small className="quiet"> {source}</small>}
        </p>
      ))}
      {page.standing && (
        <p className="advisory-standing" role="note">
          {advisory.standings[page.standing]}
        </p>
      )}
      <dl className="facts advisory-facts">
        <dt>{words.severity}</dt>
        <dd>
          <Severities page={page} />
        </dd>
        <dt>{advisory.attacks}</dt>
        <dd>{page.exploited ? <strong>{advisory.attackedLong}</strong> : advisory.notAttackedLong}</dd>
        <dt>{advisory.likelihood}</dt>
        <dd>
          {page.likelihood
            ? advisory.likelihoodIs(
                percent(page.likelihood.probability, format),
                percent(page.likelihood.percentile, format),
              )
            : advisory.likelihoodUnknown}
        </dd>
        {page.aliases.length > 0 && (
          <>
            <dt>{image.aliases}</dt>
            <dd>
              {page.aliases.slice(0, NAMES).join(', ')}
              {page.aliases.length > NAMES && ` ${advisory.moreNames(format.number(page.aliases.length - NAMES))}`}
            </dd>
          </>
        )}
        {page.references.length > 0 && (
          <>
            <dt>{advisory.references}</dt>
            <dd className="advisory-references">
              <References page={page} />
            </dd>
          </>
        )}
      </dl>
    </div>
  );
}

/** Where the answer comes from, and how to get it again. */
export function AdvisoryFoot({ page }: { page: AdvisoryPage }) {
  const { image, words } = useText();
  const { account } = useAccount();
  return (
    <div className="advisory-foot">
      <Command
        label={words.sameInTerminal}
        text={`pratique advisories show ${shellWord(account)} ${shellWord(page.id)}`}
      />
      <p className="quiet">
        {image.snapshot} <DigestText digest={page.snapshot} />
      </p>
    </div>
  );
}

/** The worst with its source, then what the others say: vectors of CVSS carry their score. */
function Severities({ page }: { page: AdvisoryPage }) {
  const { advisory, image } = useText();
  return (
    <ul className="advisory-severities">
      {page.severities.length === 0 && (
        <li>
          <SeverityMark severity={page.severity} /> <span className="quiet">{image.noSeverity}</span>
        </li>
      )}
      {page.severities.map(({ severity, source }) => (
        <li key={`${severity} ${source ?? ''}`}>
          <SeverityMark severity={severity} />
          <span className="quiet">{source ?? advisory.unsourced}</span>
        </li>
      ))}
    </ul>
  );
}

/** Pages of others open apart, and are not told where the reader came from. */
function References({ page }: { page: AdvisoryPage }) {
  return page.references.slice(0, NAMES).map(({ name, url }) => {
    const address = webAddress(url);
    return address ? (
      <a key={`${name} ${url}`} href={address} target="_blank" rel="noopener noreferrer">
        {name}
      </a>
    ) : (
      <span key={`${name} ${url}`}>{name}</span>
    );
  });
}
