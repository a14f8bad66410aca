/** pratique cluster: clusters whose admission the server decides. */
import { Cluster, NewClusterAnswer } from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Context, openServer, writeResult } from '../context.ts';
import { formatTable } from '../text.ts';

export function addCluster(program: Command, context: Context): void {
  const cluster = program.command('cluster').description('clusters whose admission is decided here');

  cluster
    .command('add')
    .argument('<account>')
    .argument('<name>')
    .option('--mode <mode>', 'enforce, warn or dryrun', 'enforce')
    .option('--json', 'print JSON')
    .description('print the webhook configurations for a cluster, once: their path is its secret')
    .addHelpText(
      'after',
      '\nExample:\n  pratique cluster add customer production > webhooks.yaml && kubectl apply -f webhooks.yaml\n',
    )
    .action(async (account: string, name: string, options: { mode: string; json?: boolean }) => {
      const { api } = await openServer(context);
      writeResult(
        context,
        options.json,
        await api.send('POST', `/accounts/${account}/clusters`, { name, mode: options.mode }, NewClusterAnswer),
        (answer) => answer.manifests,
      );
    });

  cluster
    .command('list')
    .argument('<account>')
    .description('the clusters of an account')
    .option('--json', 'print JSON')
    .action(async (account: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      writeResult(context, options.json, await api.get(`/accounts/${account}/clusters`, z.array(Cluster)), (all) =>
        formatTable(
          ['NAME', 'MODE', 'EXEMPT NAMESPACES', 'SINCE'],
          all.map((one) => [
            one.isDefault ? `${one.name} (default)` : one.name,
            one.mode,
            one.exemptNamespaces.join(' '),
            one.createdAt.slice(0, 10),
          ]),
        ),
      );
    });

  cluster
    .command('mode')
    .argument('<account>')
    .argument('<name>')
    .argument('<mode>', 'enforce, warn or dryrun')
    .description('change what a refusal does in a cluster')
    .option('--json', 'print JSON')
    .action(async (account: string, name: string, mode: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      const changed = await api.send(
        'PATCH',
        `/accounts/${account}/clusters/${encodeURIComponent(name)}`,
        { mode },
        Cluster,
      );
      writeResult(context, options.json, changed, (one) => `${one.name} is in ${one.mode} mode.`);
    });

  cluster
    .command('remove')
    .argument('<account>')
    .argument('<name>')
    .description('forget a cluster; its webhook paths answer no more')
    .option('--json', 'print JSON')
    .action(async (account: string, name: string, options: { json?: boolean }) => {
      const { api } = await openServer(context);
      await api.send('DELETE', `/accounts/${account}/clusters/${encodeURIComponent(name)}`, undefined, z.null());
      writeResult(
        context,
        options.json,
        { account, name, removed: true },
        () =>
          `${name} is removed; delete its webhook configurations in the cluster too, or nothing will be admitted there.`,
      );
    });
}
