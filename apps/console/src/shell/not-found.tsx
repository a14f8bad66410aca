/** For addresses that name nothing. */
import { Link } from 'react-router';
import { useText } from '../catalogue/use-text.ts';
import '../ui/button.css';
import { PageHead } from '../ui/page.tsx';

/** For accounts that do not exist, or that the person does not belong to: the two look the same. */
export function NoSuchAccount({ account }: { account: string }) {
  const { shell } = useText();
  return (
    <main className="page">
      <PageHead title={shell.noSuchAccount(account)} lead={shell.noSuchAccountHint} />
      <Link className="button primary" to="/">
        {shell.toStart}
      </Link>
    </main>
  );
}

export function NotFound() {
  const { shell } = useText();
  return (
    <div className="page">
      <PageHead title={shell.notFoundTitle} lead={shell.notFoundHint} />
    </div>
  );
}
