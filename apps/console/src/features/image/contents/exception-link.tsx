/** The exception that covers what was found, as a fact; nothing where none does. */
import { Link } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { paths } from '../../../format/paths.ts';

export function ExceptionLink({ account, name }: { account: string; name: string | null }) {
  const { contents } = useText();
  if (name === null) return null;
  return (
    <>
      <dt>{contents.excepted}</dt>
      <dd>
        <Link className="named" to={paths.policies(account, { show: 'exceptions', exception: name })}>
          {name}
        </Link>
      </dd>
    </>
  );
}
