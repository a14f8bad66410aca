/** What is known of a package whatever its version: what clears it, what is newest, under which licences it stands. */
import type { PackagePage } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { Section } from '../../ui/page.tsx';
import { SeverityTally } from '../../ui/severity.tsx';
import { Offers } from './offers.tsx';

/** Of these a distribution says what it offers. */
const OFFERED: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm']);

export function PackageFacts({ page }: { page: PackagePage }) {
  const { packages: text, images, image, words } = useText();
  return (
    <Section title={text.known}>
      <dl className="facts">
        <dt>{words.type}</dt>
        <dd>{page.type}</dd>
        <dt>{images.findings}</dt>
        <dd>
          <SeverityTally counts={page.findings} />
        </dd>
        {page.fixable > 0 && (
          <>
            <dt>{text.clearedBy}</dt>
            <dd>{page.fixedVersion === null ? text.severalFixes : <code>{page.fixedVersion}</code>}</dd>
          </>
        )}
        <dt>{image.license}</dt>
        <dd>{page.licenses.length === 0 ? text.noLicense : page.licenses.join(', ')}</dd>
        {OFFERED.has(page.type) && <Offers offered={page.offered} />}
      </dl>
    </Section>
  );
}
