/** Reads what the suites of one release offer into the advisory store: `candidates-child.ts DIR ORDER`. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readArchive } from '@pratique/compose/archive/read-archive';
import { Offers, publishCandidates } from '@pratique/scan';
import { CandidateOrder } from './candidates.ts';

/** Indexes of suites that change daily are not asked for again; that of a base suite is, and then fetched anew. */
const KEPT_MS = 14 * 86_400_000;

const [dir = '', text = ''] = process.argv.slice(2);
try {
  const order = CandidateOrder.parse(JSON.parse(text));
  await read(order);
  await prune(order.cacheDir);
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function read(order: CandidateOrder): Promise<void> {
  const { distribution, release, codename, architectures, components, cacheDir, ...place } = order;
  const suites = await readArchive(
    { distribution, codename, ...place },
    { fetch: globalThis.fetch, cacheDir, now: () => new Date() },
  );
  const all: Offers[] = [];
  for (const architecture of architectures) {
    const offers = new Offers({ id: distribution, release, architecture });
    for (const suite of suites)
      for (const component of components) {
        const index = await suite.index(component, architecture);
        offers.add({ name: suite.name, date: suite.date.toISOString() }, index, suite.url);
      }
    // Not every release is made for every architecture.
    if (offers.packages.size > 0) all.push(offers);
  }
  if (all.length === 0)
    throw new Error(`${distribution} ${release} has no ${components.join(', ')} for ${architectures.join(', ')}`);
  await publishCandidates(dir, all);
}

async function prune(cacheDir: string): Promise<void> {
  const root = join(cacheDir, 'sha256');
  for (const part of await readdir(root).catch((): string[] => []))
    for (const name of await readdir(join(root, part))) {
      const file = join(root, part, name);
      if (Date.now() - (await stat(file)).mtimeMs > KEPT_MS) await rm(file, { force: true });
    }
}
