/** Why a package has the hole: the comparison that was made, and from whose data. */
import type { AdvisoryPage, AffectedPackage } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { shellWord } from '../../format/reference.ts';
import { Command, DigestText } from '../../ui/copyable.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SeverityMark } from '../../ui/severity.tsx';

type Props = { page: AdvisoryPage; found: AffectedPackage; onClose: () => void };

export function PackageWhy({ page, found, onClose }: Props) {
  const { advisory, image, words } = useText();
  const format = useFormat();
  return (
    <Dialog side title={advisory.whyTitle(page.id, found.name)} onClose={onClose}>
      <dl className="facts">
        <dt>{image.comparison}</dt>
        <dd>
          <code>{found.comparison}</code>
        </dd>
        <dt>{image.advisorySource}</dt>
        <dd>{found.source}</dd>
        <dt>{image.snapshot}</dt>
        <dd>
          <DigestText digest={page.snapshot} />
        </dd>
        <dt>{image.package}</dt>
        <dd>
          {found.name} <code>{found.purl}</code>
        </dd>
        {found.sourceName !== found.name && (
          <>
            <dt>{advisory.builtFrom}</dt>
            <dd>
              {found.sourceName} <code>{found.sourceVersion}</code>
            </dd>
          </>
        )}
        <dt>{image.installed}</dt>
        <dd>
          <code>{found.version}</code>
        </dd>
        <dt>{image.fixedIn}</dt>
        <dd>{found.fixedVersion ? <code>{found.fixedVersion}</code> : image.noFix}</dd>
        <dt>{words.severity}</dt>
        <dd>
          <SeverityMark severity={found.severity} />
        </dd>
        <dt>{words.state}</dt>
        <dd>{image.status[found.status]}</dd>
        <dt>{advisory.firstSeen}</dt>
        <dd>{format.moment(found.firstSeen)}</dd>
        <dt>{image.priority}</dt>
        <dd>{advisory.priorityOf(format.number(found.priority))}</dd>
      </dl>
      <Command
        label={words.sameInTerminal}
        text={`echo ${shellWord(found.purl)} > packages.txt\npratique match --packages packages.txt --json`}
      />
    </Dialog>
  );
}
