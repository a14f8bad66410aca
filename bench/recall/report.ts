/** Writes docs/coverage.md. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CoverageImage } from './build-images.ts';
import type { Group, Recall, Reports, Tool } from './compare.ts';
import { ECOSYSTEMS } from './ecosystems.ts';
import type { ReportedFinding } from './list-findings.ts';
import type { Reported } from './purls.ts';
import { PEERS, runProgram } from './run-program.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const CATALOGERS = 'packages/scan/src/catalogers';

type Comparison<T> = { reports: Reports<T>; recall: Recall[]; groups: Group[] };
export type Compared = {
  image: CoverageImage;
  missing: number;
  packages: Comparison<Reported>;
  findings: Comparison<ReportedFinding>;
};

export async function writeReport(compared: readonly Compared[]): Promise<string> {
  const versions = await versionsOf();
  return [
    '# Coverage',
    '',
    'What is read, and what that finds beside Syft, Trivy and Grype. `npm run bench -- coverage` builds the images, runs the scanners and writes this page; it fails when a difference has no reason here. Nothing below is edited by hand.',
    '',
    `Compared with ${versions}.`,
    '',
    '## Ecosystems',
    '',
    ...ecosystems(compared),
    '',
    '## Images',
    '',
    ...images(compared),
    '',
    '## Packages',
    '',
    'A package is its type, name and version; qualifiers and places do not count. Peers scan the same layout, without a network.',
    '',
    ...recallTable(compared, 'packages'),
    '',
    ...compared.flatMap((each) => groupsOf(each, 'packages')),
    '## Findings',
    '',
    FINDINGS,
    '',
    ...recallTable(compared, 'findings'),
    '',
    ...compared.flatMap((each) => groupsOf(each, 'findings')),
  ].join('\n');
}

const FINDINGS =
  'The peers are fed with what our own store says of the images’ packages (the seed, and `bench/recall/advisories` for npm, Maven and Alpine), so that only the matching differs. Trivy’s database is written by `bench/recall/databases`, bucket by bucket as its own, its list of jars by the hashes of the images’ jars; Grype’s by its own library. A finding is a package and a CVE. Severities are not compared: the database says nothing of them.';

function ecosystems(compared: readonly Compared[]): string[] {
  const head = [
    '| ecosystem | read | fixtures made by | advisories | of what both peers list, listed by us | listed by us |',
    '|---|---|---|---|---|---|',
  ];
  return [
    ...head,
    ...ECOSYSTEMS.map(({ name, types, read, fixtures, made, advisories }) => {
      for (const folder of fixtures)
        if (!existsSync(join(ROOT, CATALOGERS, folder, 'fixtures', 'README.md')))
          throw new Error(
            `${CATALOGERS}/${folder}/fixtures/README.md is not there, which the coverage of ${name} names`,
          );
      const links = fixtures.map((folder) => `([fixtures](../${CATALOGERS}/${folder}/fixtures/README.md))`);
      const { both, shared, ours } = countsOf(compared, types);
      return `| ${name} | ${read} | ${[made, ...links].join(' ')} | ${advisories} | ${both === 0 ? 'not in the images' : `${shared} of ${both}`} | ${ours || ''} |`;
    }),
  ];
}

function countsOf(compared: readonly Compared[], types: readonly string[]) {
  let both = 0;
  let shared = 0;
  let ours = 0;
  for (const { packages } of compared) {
    const { ours: own, ...peers } = packages.reports;
    const [first, ...rest] = Object.values(peers);
    for (const [key, each] of first ?? [])
      if (types.includes(each.type) && rest.every((peer) => peer.has(key))) {
        both += 1;
        if (own?.has(key)) shared += 1;
      }
    for (const each of own?.values() ?? []) if (types.includes(each.type)) ours += 1;
  }
  return { both, shared, ours };
}

function images(compared: readonly Compared[]): string[] {
  const head = ['| image | what is in it | packages | named as not examined |', '|---|---|---|---|'];
  const rows = compared.map(
    ({ image, packages, missing }) =>
      `| ${image.name} | ${image.what} | ${packages.reports.ours?.size ?? 0} | ${missing} |`,
  );
  return [...head, ...rows];
}

function recallTable(compared: readonly Compared[], what: 'packages' | 'findings'): string[] {
  const head = ['| image | reported by | number | of these found by us |', '|---|---|---|---|'];
  const rows = compared.flatMap(({ image, [what]: { recall } }) =>
    recall.map(
      ({ of, theirs, shared }) => `| ${image.name} | ${of} | ${theirs} | ${shared} (${percent(shared, theirs)}) |`,
    ),
  );
  return [...head, ...rows];
}

const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${(Math.floor((part / whole) * 1000) / 10).toFixed(1)} %`;

function groupsOf(compared: Compared, what: 'packages' | 'findings'): string[] {
  const { image } = compared;
  const { groups } = compared[what];
  if (groups.length === 0) return [`**${image.name}**: no difference.`, ''];
  return [
    `**${image.name}**`,
    '',
    '| found only by | number | for example | right | why |',
    '|---|---|---|---|---|',
    ...groups.map(
      ({ found, count, examples, right, why }) =>
        `| ${found} | ${count} | ${examples.map((each) => `\`${each.replaceAll('|', '\\|').replaceAll('`', '')}\``).join(', ')} | ${right} | ${why} |`,
    ),
    '',
  ];
}

const PROGRAMS: readonly Tool[] = ['syft', 'trivy', 'grype'];

async function versionsOf(): Promise<string> {
  const versions: string[] = [];
  for (const tool of PROGRAMS) {
    const program = join(PEERS, tool);
    if (!existsSync(program)) continue;
    // Built from modules, they do not know their own versions; the build information does.
    const info = await runProgram('go', ['version', '-m', program]);
    const version = /^\s(?:mod|dep)\s\S*\/(?:syft|trivy|grype)\s(v\S+)/m;
    const own = info.split('\n').find((line) => new RegExp(`/${tool}\\s+v[0-9]`).test(line));
    versions.push(
      `${tool[0]?.toUpperCase()}${tool.slice(1)} ${/\s(v[0-9]\S*)/.exec(own ?? '')?.[1] ?? version.exec(info)?.[1] ?? ''}`.trim(),
    );
  }
  if (versions.length === 0) return 'nothing: `npm run peers:build` builds the peers';
  return versions.join(', ');
}
