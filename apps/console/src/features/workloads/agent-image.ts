/** Where a cluster pulls the agent from, unless it is said otherwise: where npm run agent:image puts it. */
import { version } from '../../../package.json';

export const agentImage = (account: string): string => `${location.host}/${account}/pratique-agent:${version}`;
