/** pratique trust: whose signatures let images of other registries run. */
import {
  ForeignImage,
  RegistryCredential,
  TrustPolicyInfo,
  TrustPolicyVersion,
  TrustTestResult,
} from '@pratique/contract';
import type { Command } from 'commander';
import { dump } from 'js-yaml';
import { z } from 'zod';
import { addEnding } from '../account/add-ending.ts';
import { addReading } from '../account/add-reading.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT, readCount } from '../exit.ts';
import { formatTable } from '../text.ts';
import { describeRules, foreignTable } from '../trust/describe-trust.ts';
import { EXAMPLE_POLICY } from '../trust/example-policy.ts';
import { readPolicyFile } from '../trust/read-policy-file.ts';

type Json = { json?: boolean };
const credentialTable = (all: RegistryCredential[]) =>
  formatTable(
    ['REGISTRY', 'USER', 'BY', 'SINCE'],
    all.map((one) => [one.host, one.user, one.createdBy, one.createdAt.slice(0, 10)]),
  );
const pathOf = (account: string) => `/accounts/${encodeURIComponent(account)}`;

export function addTrust(program: Command, context: Context): void {
  const trust = program.command('trust').description('whose signatures let images of other registries run');
  const read = (file: string) =>
    file === '-'
      ? context.readInput().then((text) => readPolicyFile('standard input', context.cwd, text))
      : readPolicyFile(file, context.cwd);

  trust
    .command('example')
    .description('print a trust policy with every part in it')
    .option('--json', 'print JSON')
    .action((options: Json) => writeResult(context, options.json, { yaml: EXAMPLE_POLICY }, (value) => value.yaml));

  trust
    .command('show')
    .description('the trust policy in force, as YAML that `trust set` takes')
    .argument('<account>')
    .option('--version <number>', 'an older version')
    .option('--json', 'print JSON')
    .action(async (account: string, options: Json & { version?: string }) => {
      const { api } = await openServer(context);
      const query = options.version ? `?version=${readCount(options.version, '--version')}` : '';
      const info = await api.get(`${pathOf(account)}/trust-policy${query}`, TrustPolicyInfo);
      writeResult(context, options.json, info, (value) =>
        value.policy
          ? `# version ${value.version} by ${value.createdBy}, ${value.createdAt}\n${dump(value.policy, { lineWidth: 120, noRefs: true })}`
          : `# ${account} has no trust policy: every image of another registry is refused. Begin with: pratique trust example\n`,
      );
    });

  trust
    .command('set')
    .description('replace the trust policy; what is in use is examined anew')
    .argument('<account>')
    .argument('<file>', 'the policy as YAML or JSON; - for standard input')
    .option('--if-version <number>', 'only while this version is in force')
    .option('--json', 'print JSON')
    .action(async (account: string, file: string, options: Json & { ifVersion?: string }) => {
      const policy = await read(file);
      const { api } = await openServer(context);
      const body = {
        policy,
        ...(options.ifVersion === undefined ? {} : { ifVersion: readCount(options.ifVersion, '--if-version') }),
      };
      const info = await api.send('PUT', `${pathOf(account)}/trust-policy`, body, TrustPolicyInfo);
      writeResult(
        context,
        options.json,
        info,
        (value) => `version ${value.version} is in force: ${value.policy?.rules.length ?? 0} rules (${value.digest})`,
      );
    });

  trust
    .command('history')
    .description('versions of the trust policy')
    .argument('<account>')
    .option('--json', 'print JSON')
    .action(async (account: string, options: Json) => {
      const { api } = await openServer(context);
      const versions = await api.get(`${pathOf(account)}/trust-policy/versions`, z.array(TrustPolicyVersion));
      writeResult(context, options.json, versions, (all) =>
        formatTable(
          ['VERSION', 'BY', 'AT', 'DIGEST'],
          all.map((one) => [String(one.version), one.createdBy, one.createdAt, one.digest.slice(0, 19)]),
        ),
      );
    });

  trust
    .command('test')
    .description('examine an image of another registry now, keeping nothing')
    .argument('<account>')
    .argument('<image>')
    .option('--policy <file>', 'try this policy instead of the one in force')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique trust test customer ghcr.io/acme/app:v1\n  pratique trust test customer ghcr.io/acme/app:v1 --policy trust.yaml\n',
    )
    .action(async (account: string, image: string, options: Json & { policy?: string }) => {
      const body = { reference: image, ...(options.policy ? { policy: await read(options.policy) } : {}) };
      const { api } = await openServer(context);
      const result = await api.send('POST', `${pathOf(account)}/trust-policy/test`, body, TrustTestResult);
      writeResult(context, options.json, result, (value) =>
        [
          `${value.name}${value.digest ? `@${value.digest}` : ''} is ${value.state}`,
          ...value.reasons.map((reason) => `  ${reason}`),
          describeRules(value.rules),
        ].join('\n'),
      );
      if (result.state === 'unreachable') throw new CliError(EXIT.fault, `${image} could not be examined`);
      if (result.state !== 'trusted') context.setExit(EXIT.denied);
    });

  trust
    .command('login')
    .description('give a user name and password for examining images of a registry')
    .argument('<account>')
    .argument('<host>', 'HOST or HOST:PORT')
    .requiredOption('--user <name>', 'user name, or the name of a token')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nThe password is read from standard input.\n\nExample:\n  pratique trust login customer ghcr.io --user bot < token.txt\n',
    )
    .action(async (account: string, host: string, options: Json & { user: string }) => {
      const password = (await context.readInput()).replace(/\r?\n$/, '');
      if (password === '') throw new CliError(EXIT.usage, 'the password is read from standard input, which is empty');
      const { api } = await openServer(context);
      const path = `${pathOf(account)}/registry-credentials/${encodeURIComponent(host)}`;
      const all = await api.send('PUT', path, { user: options.user, password }, z.array(RegistryCredential));
      writeResult(context, options.json, all, credentialTable);
    });

  addEnding(trust, context, {
    name: 'logout',
    description: 'remove the user name and password of a registry',
    argument: ['<host>', 'HOST or HOST:PORT'],
    path: 'registry-credentials',
    result: (account, host) => ({ account, host, removed: true }),
    says: (host) => `${host} is asked as nobody from now on.`,
  });

  addReading(trust, context, {
    name: 'logins',
    description: 'registries that are asked with a user name',
    path: 'registry-credentials',
    schema: z.array(RegistryCredential),
    show: credentialTable,
  });

  trust
    .command('list-foreign')
    .description('images of other registries that clusters asked for, and what was found')
    .argument('<account>')
    .option('--limit <number>', 'at most so many', '200')
    .option('--json', 'print JSON')
    .action(async (account: string, options: Json & { limit: string }) => {
      const { api } = await openServer(context);
      const limit = readCount(options.limit, '--limit');
      const images = await api.get(`${pathOf(account)}/foreign-images?limit=${limit}`, z.array(ForeignImage));
      writeResult(context, options.json, images, foreignTable);
    });
}
