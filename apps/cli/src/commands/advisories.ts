/** pratique advisories: the store that local scans read, and the server's. */
import { join, resolve } from 'node:path';
import { AdvisoryStatus } from '@pratique/contract';
import { ensureSeed, FEED_SOURCES, type FeedSource, importAdvisories, openAdvisoryStore } from '@pratique/scan';
import { type Command, Option } from 'commander';
import { compareStores, describeDifference } from '../advisories/compare-stores.ts';
import type { CandidateOptions } from '../advisories/import-candidates.ts';
import { readOrigin } from '../advisories/origin.ts';
import { type Received, receive } from '../advisories/receive.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { openSource } from '../place.ts';
import { readText } from '../read-text.ts';
import { cacheOf, defaultStore } from '../scan/advisories.ts';
import { formatBytes, formatTable, visible } from '../text.ts';
import { addAdvisoryChanges } from './advisory-changes.ts';

type Options = { db?: string; json?: boolean; key?: string; from?: string };

/** Where a server publishes its own. */
const PUBLISHED = 'pratique/advisories:latest';

export function addAdvisories(program: Command, context: Context): void {
  const advisories = program
    .command('advisories')
    .description('vulnerability data: where it comes from, how old it is, import');
  const storeOf = ({ db }: Options) => (db === undefined ? defaultStore(context) : resolve(context.cwd, db));
  const keyOf = async ({ key }: Options) => (key === undefined ? null : readText(resolve(context.cwd, key)));

  advisories
    .command('status')
    .description('sources, their dates and licences, and what went wrong last')
    .option('--db <dir>', "a store; the server's by default when signed in, else your own")
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const now = new Date();
      writeResult(context, options.json, await readStatus(context, options.db), (status) => describe(status, now));
    });

  advisories
    .command('import')
    .description('read a feed, or a bundle, into the store')
    .argument('<path>', "a feed in its publisher's format: file, folder or archive")
    .addOption(
      new Option('--source <name>', 'format of the feed')
        .choices([...FEED_SOURCES, 'candidates', 'bundle'])
        .makeOptionMandatory(),
    )
    .option('--db <dir>', "the store; on the server's machine PRATIQUE_DATA/advisories")
    .option('--key <file>', 'for a bundle: public key of the instance that made it')
    .option('--release <id:version>', 'for candidates: what they are of, for example debian:12')
    .option('--architecture <name>', 'for candidates', 'amd64')
    .option('--components <list>', 'for candidates, separated by commas', 'main')
    .option('--keyring <file>', "for candidates: keys that may sign the archive; the machine's apt keyrings by default")
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  pratique advisories import security-tracker.json --source debian\n  pratique advisories import http://deb.debian.org/debian --source candidates --release debian:12\n',
    )
    .action(
      async (path: string, options: Options & CandidateOptions & { source: FeedSource | 'candidates' | 'bundle' }) => {
        const file = resolve(context.cwd, path);
        if (options.source === 'bundle') {
          const { openBundle } = await import('../advisories/bundle.ts');
          const received = await receive(
            storeOf(options),
            file,
            () => openBundle(file),
            await keyOf(options),
            new Date(),
          );
          return writeResult(context, options.json, received, describeReceived);
        }
        const dir = storeOf(options);
        await ensureSeed(dir);
        if (options.source === 'candidates') {
          const { describeCandidates, importCandidates } = await import('../advisories/import-candidates.ts');
          const imported = await importCandidates(context, dir, path, options, join(cacheOf(context), 'archive'));
          return writeResult(context, options.json, imported, describeCandidates);
        }
        const result = await importAdvisories(dir, options.source, file);
        writeResult(
          context,
          options.json,
          result,
          (one) => `${one.records} records imported, ${one.skipped} skipped; the store is now ${one.snapshot}.`,
        );
        if (result.invalid > 0) {
          const problems = result.problems.slice(0, 10).map((problem) => `  ${visible(problem)}\n`);
          context.note(`${result.invalid} records could not be read:\n${problems.join('')}`);
          context.setExit(EXIT.fault);
        }
      },
    );

  advisories
    .command('update')
    .description('take over what a server has published: verified, and only what is missing here')
    .option('--from <reference>', `where it is published; what was used last, else the server's ${PUBLISHED}`)
    .option('--key <file>', 'public key of the instance; by default the one that came with the first update')
    .option('--db <dir>', 'the store to update; your own by default')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const dir = storeOf(options);
      const from = options.from ?? (await lastReference(dir)) ?? PUBLISHED;
      const received = await receive(dir, from, () => openSource(context, from), await keyOf(options), new Date());
      writeResult(context, options.json, received, describeReceived);
    });

  advisories
    .command('bundle')
    .description('write what a server has published into one file, for places without a network')
    .argument('<file>', 'a tar archive; pratique advisories import --source bundle reads it')
    .option('--from <reference>', `where it is published; what was used last, else the server's ${PUBLISHED}`)
    .option('--key <file>', 'public key of the instance; by default the one that came with the first update')
    .option('--db <dir>', 'the store that knows the key; your own by default')
    .option('--json', 'print JSON')
    .action(async (path: string, options: Options) => {
      const dir = storeOf(options);
      const from = options.from ?? (await lastReference(dir)) ?? PUBLISHED;
      const [{ writeBundle }, { readSignedSnapshot }] = await Promise.all([
        import('../advisories/bundle.ts'),
        import('../advisories/signed-snapshot.ts'),
      ]);
      const { source, reference, close } = await openSource(context, from);
      try {
        const key = (await keyOf(options)) ?? (await readOrigin(dir))?.keyPem ?? null;
        const signed = await readSignedSnapshot(source, reference, key);
        const file = resolve(context.cwd, path);
        const bytes = await writeBundle(source, reference, file);
        const result = { file, bytes, serial: signed.serial, date: signed.date, fingerprint: signed.key.fingerprint };
        writeResult(
          context,
          options.json,
          result,
          (one) =>
            `${one.file}: ${formatBytes(one.bytes)}, serial ${one.serial} of ${one.date}, signed by ${one.fingerprint}`,
        );
      } finally {
        await close();
      }
    });

  addAdvisoryChanges(advisories, context);

  advisories
    .command('diff')
    .description('packages and holes that one store or snapshot knows and another does not')
    .argument('<before>', 'a folder, or the digest of a snapshot in the store')
    .argument('<after>', 'a folder, a digest, or current')
    .option('--db <dir>', 'the store of the digests; your own by default')
    .option('--json', 'print JSON')
    .action(async (before: string, after: string, options: Options) => {
      const difference = await compareStores(context, before, after, storeOf(options));
      writeResult(context, options.json, difference, describeDifference);
    });
}

async function lastReference(dir: string): Promise<string | null> {
  const from = (await readOrigin(dir))?.from ?? null;
  // A bundle's file is no place to ask again.
  return from === null || from.startsWith('/') ? null : from;
}

function describeReceived(one: Received): string {
  const what =
    one.outcome === 'current'
      ? 'The advisories here are the newest'
      : `${one.fetched} of ${one.shards} shards fetched, ${formatBytes(one.bytes)}`;
  const key = one.pinned ? `\nTheir key ${one.fingerprint} is trusted from now on.` : '';
  return `${what}: serial ${one.serial} of ${one.date}.${key}`;
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
  store.close();
  const origin = await readOrigin(dir);
  return {
    snapshot: store.snapshot,
    sources: store.sources.map(({ name, date, records, licence }) => ({ name, date, records, licence })),
    ...(origin ? { received: withoutKey(origin) } : {}),
  };
}

const withoutKey = ({
  from,
  fingerprint,
  serial,
  date,
  receivedAt,
  lastFailure,
}: NonNullable<Awaited<ReturnType<typeof readOrigin>>>) => ({
  from,
  fingerprint,
  serial,
  date,
  receivedAt,
  lastFailure,
});

function describe(status: AdvisoryStatus, now: Date): string {
  const age = (date: string | null) => {
    const days = date === null ? Number.NaN : Math.floor((now.getTime() - Date.parse(date)) / 86_400_000);
    return Number.isFinite(days) ? `${Math.max(0, days)} d` : '–';
  };
  const sources = formatTable(
    ['SOURCE', 'DATE', 'AGE', 'RECORDS', 'LICENCE'],
    status.sources.map((one) => [
      one.name,
      one.date?.slice(0, 10) ?? '–',
      age(one.date),
      String(one.records),
      one.licence ?? '–',
    ]),
  );
  const { received } = status;
  const lines = [`snapshot ${status.snapshot}`];
  if (received) {
    lines.push(
      `received from ${received.from}: serial ${received.serial} of ${received.date}, ${age(received.date)} old`,
    );
    if (received.lastFailure)
      lines.push(`the last update failed at ${received.lastFailure.at}: ${visible(received.lastFailure.error)}`);
  }
  lines.push(sources);
  const failed = (status.feeds ?? []).filter((feed) => feed.error !== null);
  if (failed.length > 0)
    lines.push(
      '\nNot fetched last time; what they brought before stays',
      formatTable(
        ['FEED', 'TRIED', 'SUCCEEDED', 'WHY'],
        failed.map((feed) => [
          feed.name,
          feed.triedAt,
          feed.succeededAt === null ? 'never' : `${feed.succeededAt}, ${age(feed.succeededAt)} ago`,
          visible(feed.error ?? ''),
        ]),
      ),
    );
  return lines.join('\n');
}
