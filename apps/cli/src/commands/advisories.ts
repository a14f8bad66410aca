/** pratique advisories: the store that local scans read, and the server's. */
import { resolve } from 'node:path';
import { AdvisoryStatus } from '@pratique/contract';
import { ensureSeed, FEED_SOURCES, type FeedSource, importAdvisories, openAdvisoryStore } from '@pratique/scan';
import { type Command, Option } from 'commander';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { defaultStore } from '../scan/advisories.ts';
import { formatTable } from '../text.ts';

export function addAdvisories(program: Command, context: Context): void {
  const advisories = program
    .command('advisories')
    .description('vulnerability data: where it comes from, how old it is, import');
  const table = (status: AdvisoryStatus) =>
    `snapshot ${status.snapshot}\n${formatTable(
      ['SOURCE', 'DATE', 'RECORDS', 'LICENCE'],
      status.sources.map((one) => [one.name, one.date?.slice(0, 10) ?? '–', String(one.records), one.licence ?? '–']),
    )}`;

  advisories
    .command('status')
    .description('sources, their dates and licences')
    .option('--db <dir>', "a store; the server's by default when signed in, else your own")
    .option('--json', 'print JSON')
    .action(async (options: { db?: string; json?: boolean }) => {
      writeResult(context, options.json, await readStatus(context, options.db), table);
    });

  advisories
    .command('import')
    .description('read a feed into the store')
    .argument('<path>', "a feed in its publisher's format: file, folder or archive")
    .addOption(new Option('--source <name>', 'format of the feed').choices([...FEED_SOURCES]).makeOptionMandatory())
    .option('--db <dir>', "the store; on the server's machine PRATIQUE_DATA/advisories")
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  pratique advisories import security-tracker.json --source debian\n')
    .action(async (path: string, options: { source: FeedSource; db?: string; json?: boolean }) => {
      const dir = options.db ? resolve(context.cwd, options.db) : defaultStore(context);
      await ensureSeed(dir);
      const result = await importAdvisories(dir, options.source, resolve(context.cwd, path));
      writeResult(
        context,
        options.json,
        result,
        (one) => `${one.records} records imported, ${one.skipped} skipped; the store is now ${one.snapshot}.`,
      );
      if (result.invalid > 0) {
        context.note(
          `${result.invalid} records could not be read:\n${result.problems
            .slice(0, 10)
            .map((problem) => `  ${problem}`)
            .join('\n')}\n`,
        );
        context.setExit(EXIT.fault);
      }
    });
}

async function readStatus(context: Context, db: string | undefined): Promise<AdvisoryStatus> {
  if (db === undefined) {
    const { api, connection } = await openServer(context);
    if (connection.authorization) return api.get('/advisories', AdvisoryStatus);
  }
  const dir = db === undefined ? defaultStore(context) : resolve(context.cwd, db);
  if (db === undefined) await ensureSeed(dir);
  const store = await openAdvisoryStore(dir).catch((cause: unknown) => {
    throw new CliError(EXIT.fault, `${dir} holds no advisories`, { cause });
  });
  return {
    snapshot: store.snapshot,
    sources: store.sources.map(({ name, date, records, licence }) => ({ name, date, records, licence })),
  };
}
