/** Which cluster is meant: `ACCOUNT NAME`, `ACCOUNT/NAME`, or NAME alone where only one account can be meant. */
import { AccountSummary, Cluster } from '@pratique/contract';
import { z } from 'zod';
import type { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './exit.ts';

export type ClusterName = { account: string; name: string };

/**
 * A name alone means the cluster that has it; for a new one, the account of the default cluster, or the only account.
 * @throws CliError usage when more than one account can be meant
 */
export async function readClusterName(api: ApiClient, first: string, second: string | undefined): Promise<ClusterName> {
  if (second !== undefined) return { account: first, name: second };
  const [account = '', name, ...more] = first.split('/');
  if (name !== undefined && more.length === 0 && account !== '') return { account, name };
  const all = await readAllClusters(api);
  const having = all.filter(({ clusters }) => clusters.some((one) => one.name === first));
  const candidates = having.length > 0 ? having : all.filter(({ clusters }) => clusters.some((one) => one.isDefault));
  const [only] = candidates.length > 0 ? candidates : all;
  if (only && (candidates.length === 1 || all.length === 1)) return { account: only.account, name: first };
  throw new CliError(
    EXIT.usage,
    `say whose cluster: ${(having.length > 0 ? having : all).map((one) => `${one.account}/${first}`).join(' or ')}`,
  );
}

/** The clusters of every account that the caller belongs to. */
export async function readAllClusters(api: ApiClient): Promise<{ account: string; clusters: Cluster[] }[]> {
  const accounts = await api.get('/accounts', z.array(AccountSummary));
  return Promise.all(
    accounts.map(async ({ name }) => ({
      account: name,
      clusters: await api.get(`/accounts/${name}/clusters`, z.array(Cluster)).catch(() => []),
    })),
  );
}

export const clusterPath = ({ account, name }: ClusterName) =>
  `/accounts/${encodeURIComponent(account)}/clusters/${encodeURIComponent(name)}`;
