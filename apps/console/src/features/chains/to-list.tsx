/** The list of chains stands among the policies. */
import { Navigate } from 'react-router';
import { paths } from '../../format/paths.ts';
import { useAccount } from '../../shell/session.ts';

export function ToList() {
  const { account } = useAccount();
  return <Navigate to={paths.policies(account, { show: 'chains' })} replace />;
}
