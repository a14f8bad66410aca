/** A sentence in which every advisory that is named leads to its page. */
import { Fragment } from 'react';
import { Link } from 'react-router';
import { paths } from '../../format/paths.ts';
import { partsOf } from './names-in.ts';

export function AdvisoryText({ account, text }: { account: string; text: string }) {
  return partsOf(text).map((part, index) =>
    part.isName ? (
      <Link key={index} className="named" to={paths.advisory(account, part.text)}>
        {part.text}
      </Link>
    ) : (
      <Fragment key={index}>{part.text}</Fragment>
    ),
  );
}
