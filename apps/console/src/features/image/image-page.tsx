/** The image's own page: a bill of health, its route, its seals, its cargo. */
import type { ImageStatus } from '@pratique/contract';
import { Link, useSearchParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';
import { useAccount } from '../../shell/session.ts';
import { Answered } from '../../ui/states.tsx';
import { Bill } from './bill.tsx';
import { Cargo } from './cargo/cargo.tsx';
import { ImageSkeleton } from './image-skeleton.tsx';
import { Reasons } from './reasons.tsx';
import { Route } from './route/route.tsx';
import { Seals } from './seals.tsx';
import { useImage } from './use-image.ts';
import './image.css';

export function ImagePage() {
  const { account } = useAccount();
  const { words } = useText();
  const [search] = useSearchParams();
  const repository = search.get('repository') ?? '';
  const reference = search.get('reference') ?? '';
  const query = useImage(account, repository, reference);
  return (
    <div className="page">
      <Crumbs account={account} repository={repository} />
      <Answered query={query} what={words.image} skeleton={<ImageSkeleton />}>
        {(image) => <Document image={image} />}
      </Answered>
    </div>
  );
}

function Crumbs({ account, repository }: { account: string; repository: string }) {
  const { shell, words } = useText();
  return (
    <nav className="crumbs" aria-label={words.repository}>
      <Link to={paths.images(account)}>{shell.images}</Link>
      <span aria-hidden="true">/</span>
      <Link to={paths.images(account, { repository })}>{repository}</Link>
    </nav>
  );
}

function Document({ image }: { image: ImageStatus }) {
  return (
    <>
      <Bill image={image} />
      <Reasons image={image} />
      <Route run={image.chain.run} />
      <Seals image={image} />
      <Cargo image={image} />
    </>
  );
}
