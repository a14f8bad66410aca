/** What our store says of the images' packages, to be fed to peers, and the programs of Go that write their databases. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Inventory } from '@pratique/contract';
import {
  type Advisory,
  type AdvisoryStore,
  ensureSeed,
  importAdvisories,
  openAdvisoryStore,
  subjectOf,
} from '@pratique/scan';
import { packageKey } from '@pratique/scan/advisories/ecosystems';
import { CACHE, runProgram } from './run-program.ts';

const ADVISORIES = join(import.meta.dirname, 'advisories');

/** What our store says of one package of one ecosystem. */
export type Said = { ecosystem: string; name: string; advisory: Advisory };

/** The seed, and what this folder adds for ecosystems of which the seed has nothing. */
export async function openStore(): Promise<AdvisoryStore> {
  const dir = join(CACHE, 'coverage', 'advisories');
  await mkdir(dir, { recursive: true });
  await ensureSeed(dir);
  await importAdvisories(dir, 'osv', join(ADVISORIES, 'osv.json'));
  await importAdvisories(dir, 'alpine', join(ADVISORIES, 'alpine.json'));
  return openAdvisoryStore(dir);
}

/** All of it that could be about packages of the images, whoever owns their files. */
export function sayings(inventories: readonly Inventory[], store: AdvisoryStore): Said[] {
  const said = new Map<string, Said>();
  for (const { packages, distribution } of inventories)
    for (const each of packages) {
      const purl = each.purl.replace(/[?&]scope=development/, '');
      const plain = { ...each, owner: null, purl };
      const asked = subjectOf(plain, distribution);
      // Peers look up kernel headers as what they were built with: as if they were a kernel.
      const subject = asked.kind === 'exempt' ? subjectOf({ ...plain, name: 'linux-image' }, distribution) : asked;
      if (subject.kind !== 'subject') continue;
      const { ecosystem } = subject;
      const about = [subject.name, ...(subject.source ? [subject.source] : [])];
      for (const name of about)
        for (const advisory of store.lookup(ecosystem, name))
          said.set(`${ecosystem} ${name} ${advisory.source} ${advisory.advisory} ${advisory.ids.join()}`, {
            ecosystem,
            name: packageKey(ecosystem, name),
            advisory,
          });
    }
  return [...said.values()];
}

/** Builds one of the programs of `databases` the first time. @param module that it needs, with its version */
export async function databaseWriter(name: string, module: string): Promise<string> {
  const program = join(CACHE, 'coverage', 'tools', `${name}-database`);
  if (existsSync(program)) return program;
  const folder = await mkdtemp(join(tmpdir(), 'pratique-coverage-'));
  try {
    await copyFile(join(import.meta.dirname, 'databases', name, 'main.go'), join(folder, 'main.go'));
    await writeFile(join(folder, 'go.mod'), `module pratique.dev/database\n\ngo 1.24\n\nrequire ${module}\n`);
    await runProgram('go', ['build', '-mod=mod', '-trimpath', '-o', program, '.'], {
      cwd: folder,
      needs: 'Go and its module proxy',
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return program;
}

/** Hands `content` to a writer on its standard input. */
export async function runWriter(program: string, cache: string, content: unknown): Promise<void> {
  await mkdir(cache, { recursive: true });
  const input = join(cache, 'advisories.json');
  await writeFile(input, JSON.stringify(content));
  await runProgram('sh', ['-c', '"$1" "$2" < "$3"', 'sh', program, cache, input]);
}
