/** For addresses that name nothing. */
import { useText } from '../catalogue/use-text.ts';
import { PageHead } from '../ui/page.tsx';

export function NotFound() {
  const { shell } = useText();
  return (
    <div className="page">
      <PageHead title={shell.notFoundTitle} lead={shell.notFoundHint} />
    </div>
  );
}
