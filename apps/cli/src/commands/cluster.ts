/** pratique cluster: clusters whose admission the server decides, and their agents. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AuthorityCertificate,
  AuthorityRotation,
  Cluster,
  ClusterStatus,
  NewClusterWithAgentAnswer,
  NewEnrolmentAnswer,
  patchCommands,
} from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { describeAuthority, describeRotation } from '../authority-text.ts';
import { clusterPath, readAllClusters, readClusterName } from '../cluster-name.ts';
import { describeCluster } from '../cluster-text.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { formatTable } from '../text.ts';

const WHICH = 'NAME, ACCOUNT/NAME, or ACCOUNT NAME';
type Json = { json?: boolean };

/** The agent's version is that of the checkout or package that this command is part of. */
async function agentVersion(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

export function addCluster(program: Command, context: Context): void {
  const cluster = program.command('cluster').description('clusters whose admission is decided here');
  const server = async () => (await openServer(context)).api;
  const warn = (warnings: readonly string[]) => {
    for (const warning of warnings) context.note(`warning: ${warning}\n`);
  };

  cluster
    .command('enroll')
    .argument('<cluster>', WHICH)
    .argument('[name]')
    .option(
      '--agent-image <reference>',
      'where the cluster pulls the agent from; ACCOUNT/pratique-agent:VERSION of the server unless said otherwise, where npm run agent:image puts it',
    )
    .option('--mode <mode>', 'enforce, warn or dryrun', 'enforce')
    .option('--exempt <namespaces>', 'namespaces that are left alone beside the cluster’s own, separated by commas')
    .option('--again', 'another one-time token for the agent of a cluster that is there; its webhooks stay')
    .option('--json', 'print JSON')
    .description('print manifests for a cluster, once: its agent with a one-time token, and its webhooks')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique cluster enroll production | kubectl apply -f -\n  pratique cluster enroll customer/production --agent-image registry.example/customer/agent:1 > cluster.yaml\n  pratique cluster enroll production --again | kubectl apply -f -\n',
    )
    .action(
      async (
        first: string,
        second: string | undefined,
        options: Json & { agentImage?: string; mode: string; exempt?: string; again?: boolean },
      ) => {
        const api = await server();
        const where = await readClusterName(api, first, second);
        const { mode } = options;
        const agentImage =
          options.agentImage ?? `${new URL(api.url).host}/${where.account}/pratique-agent:${await agentVersion()}`;
        const extra = (options.exempt ?? '').split(',').map((name) => name.trim());
        const answer = options.again
          ? await api.send('POST', `${clusterPath(where)}/enrolment`, { agentImage }, NewEnrolmentAnswer)
          : await api.send(
              'POST',
              `/accounts/${encodeURIComponent(where.account)}/clusters`,
              { name: where.name, mode, agentImage, alsoExempt: extra.filter((name) => name !== '') },
              NewClusterWithAgentAnswer,
            );
        warn(answer.warnings);
        context.note(
          `${where.account}/${where.name}: the token in these manifests enrols one agent, until ${answer.enrolment?.expiresAt.slice(0, 16).replace('T', ' ') ?? ''} UTC\n`,
        );
        writeResult(context, options.json, answer, ({ manifests }) => manifests);
      },
    );

  cluster
    .command('add')
    .argument('<cluster>', WHICH)
    .argument('[name]')
    .option('--mode <mode>', 'enforce, warn or dryrun', 'enforce')
    .option('--json', 'print JSON')
    .description('print the webhook configurations alone, without an agent, once: their path is the cluster’s secret')
    .addHelpText(
      'after',
      '\nExample:\n  pratique cluster add customer production > webhooks.yaml && kubectl apply -f webhooks.yaml\n',
    )
    .action(async (first: string, second: string | undefined, options: Json & { mode: string }) => {
      const api = await server();
      const { account, name } = await readClusterName(api, first, second);
      const path = `/accounts/${encodeURIComponent(account)}/clusters`;
      const answer = await api.send('POST', path, { name, mode: options.mode }, NewClusterWithAgentAnswer);
      warn(answer.warnings);
      writeResult(context, options.json, answer, ({ manifests }) => manifests);
    });

  cluster
    .command('list')
    .argument('[account]')
    .description('the clusters of an account, or of all of yours')
    .option('--json', 'print JSON')
    .action(async (account: string | undefined, options: Json) => {
      const api = await server();
      const all = account
        ? [{ account, clusters: await api.get(`/accounts/${encodeURIComponent(account)}/clusters`, z.array(Cluster)) }]
        : await readAllClusters(api);
      const rows = all.flatMap((one) => one.clusters.map((each) => ({ account: one.account, ...each })));
      writeResult(context, options.json, rows, (clusters) =>
        formatTable(
          ['CLUSTER', 'MODE', 'EXEMPT NAMESPACES', 'SINCE'],
          clusters.map((one) => [
            `${one.account}/${one.name}${one.isDefault ? ' (default)' : ''}`,
            one.mode,
            one.exemptNamespaces.join(' '),
            one.createdAt.slice(0, 10),
          ]),
        ),
      );
    });

  cluster
    .command('status')
    .argument('<cluster>', WHICH)
    .argument('[name]')
    .description('the agent, the clock, what runs, and what was decided lately')
    .option('--json', 'print JSON')
    .action(async (first: string, second: string | undefined, options: Json) => {
      const api = await server();
      const where = await readClusterName(api, first, second);
      writeResult(context, options.json, await api.get(clusterPath(where), ClusterStatus), describeCluster);
    });

  cluster
    .command('ca')
    .description('the certificate authority that clusters check the server by, and its replacement')
    .option('--rotate', 'make the next one; it issues once every cluster trusts it. Said again: which do not yet')
    .option('--patch <cluster>', 'print the commands that give the webhooks of a cluster what they are to trust')
    .option('--finish', 'let the next one issue now; clusters that do not trust it admit nothing until they do')
    .option('--forget', 'end trust in the one before')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  pratique cluster ca --rotate\n  pratique cluster ca --patch customer/production | sh\n  pratique cluster ca --rotate\n',
    )
    .action(async (options: Json & { rotate?: true; patch?: string; finish?: true; forget?: true }) => {
      const api = await server();
      const steps = [options.rotate && 'begin', options.finish && 'finish', options.forget && 'forget'].filter(Boolean);
      if (steps.length + (options.patch ? 1 : 0) > 1)
        throw new CliError(EXIT.usage, 'one of --rotate, --patch, --finish and --forget at a time');
      if (steps.length === 1) {
        const rotation = await api.send('POST', '/authority/rotation', { step: steps[0] }, AuthorityRotation);
        return writeResult(context, options.json, rotation, describeRotation);
      }
      const authority = await api.get('/authority', AuthorityCertificate);
      if (options.patch !== undefined) {
        const where = await readClusterName(api, options.patch, undefined);
        // A name that the server knows holds nothing that a shell would read.
        const { name } = await api.get(clusterPath(where), ClusterStatus);
        return writeResult(context, options.json, { name, ...authority }, (one) => patchCommands(one.name, one.bundle));
      }
      for (const line of describeAuthority(authority)) context.note(`${line}\n`);
      writeResult(context, options.json, authority, ({ bundle }) => bundle);
    });

  cluster
    .command('mode')
    .argument('<account>')
    .argument('<name>')
    .argument('<mode>', 'enforce, warn or dryrun')
    .description('change what a refusal does in a cluster')
    .option('--json', 'print JSON')
    .action(async (account: string, name: string, mode: string, options: Json) => {
      const changed = await (await server()).send('PATCH', clusterPath({ account, name }), { mode }, Cluster);
      writeResult(context, options.json, changed, (one) => `${one.name} is in ${one.mode} mode.`);
    });

  cluster
    .command('remove')
    .argument('<cluster>', WHICH)
    .argument('[name]')
    .description('forget a cluster; its webhook paths answer no more, its agent speaks for nobody')
    .option('--json', 'print JSON')
    .action(async (first: string, second: string | undefined, options: Json) => {
      const api = await server();
      const where = await readClusterName(api, first, second);
      await api.send('DELETE', clusterPath(where), undefined, z.null());
      writeResult(
        context,
        options.json,
        { ...where, removed: true },
        ({ name }) =>
          `${name} is removed. Delete what is in the cluster too, or nothing will be admitted there:\n  kubectl delete validatingwebhookconfiguration,mutatingwebhookconfiguration pratique-${name}\n  kubectl delete namespace pratique-system; kubectl delete clusterrole,clusterrolebinding pratique-agent`,
      );
    });
}
