/** Where clusters asked about the image, and what they were told. */
import type { ImageStatus } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { paths } from '../../../format/paths.ts';
import { Empty } from '../../../ui/states.tsx';
import { AdmissionTable } from '../../workloads/admission-table.tsx';

export function Admissions({ image }: { image: ImageStatus }) {
  const { image: text } = useText();
  const empty = (
    <Empty title={text.noAdmissions} hint={text.noAdmissionsHint}>
      <p>
        <Link className="button" to={paths.workloads(image.account, { show: 'clusters' })}>
          {text.addCluster}
        </Link>
      </p>
    </Empty>
  );
  return <AdmissionTable account={image.account} admissions={image.admissions} empty={empty} />;
}
