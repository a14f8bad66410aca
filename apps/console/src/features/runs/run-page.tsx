/** One run of a chain: where approvals are given when the run is not the image's latest. */
import { Run } from '@pratique/contract';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { request } from '../../api/request.ts';
import { within } from '../../api/use-change.ts';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';
import { imageName } from '../../format/reference.ts';
import { useAccount } from '../../shell/session.ts';
import { Moment } from '../../ui/moment.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { StepMark } from '../../ui/step-mark.tsx';
import { Route } from '../image/route/route.tsx';

export function RunPage() {
  const { account } = useAccount();
  const { run = '' } = useParams();
  const { image } = useText();
  const query = useQuery({
    queryKey: [account, 'runs', run],
    queryFn: ({ signal }) => request(Run, within(account, 'runs', run), { signal }),
  });
  return (
    <div className="page">
      <Answered query={query} what={image.route}>
        {(found) => (
          <>
            <PageHead
              title={imageName(account, found.repository, found.tag ?? found.digest)}
              lead={
                <>
                  <StepMark state={found.state} /> <Moment at={found.createdAt} />
                </>
              }
            >
              <Link className="button" to={paths.image(account, found.repository, found.digest)}>
                {image.document}
              </Link>
            </PageHead>
            <Route run={found} />
          </>
        )}
      </Answered>
    </div>
  );
}
