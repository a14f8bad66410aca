/** `npm run bench -- coverage`: what Pratique finds beside Syft, Trivy and Grype, on images built here; writes docs/coverage.md. */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildImages, type CoverageImage } from './recall/build-images.ts';
import { differences, explain, labelOf, type Reports, recall, UNEXPLAINED } from './recall/compare.ts';
import { openStore, sayings } from './recall/feed-peers.ts';
import { writeGrypeDatabase } from './recall/grype-database.ts';
import { writeJavaDatabase } from './recall/java-database.ts';
import { findGrype, findOurs, findTrivy, type ReportedFinding } from './recall/list-findings.ts';
import { listOurs, listSyft, listTrivy } from './recall/list-packages.ts';
import type { Reported } from './recall/purls.ts';
import { findingReasons } from './recall/reasons-findings.ts';
import { packageReasons } from './recall/reasons-packages.ts';
import { type Compared, writeReport } from './recall/report.ts';
import { CACHE } from './recall/run-program.ts';
import { writeTrivyDatabase } from './recall/trivy-database.ts';

const DOCUMENT = resolve(import.meta.dirname, '..', 'docs', 'coverage.md');

/** Folders with the peers' databases. */
type Caches = { trivy: string; grype: string };

/** @throws Error when both peers find what we do not, or a difference has no known reason; the document then shows it */
export async function benchCoverage(): Promise<string> {
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  const images = await buildImages(note);
  const caches: Caches = { trivy: join(CACHE, 'coverage', 'trivy'), grype: join(CACHE, 'coverage', 'grype') };
  const taken = [];
  for (const image of images) {
    note(`listing the packages of ${image.name}`);
    taken.push({ image, ours: await listOurs(image.layout) });
  }
  const store = await openStore();
  const compared: Compared[] = [];
  try {
    const said = sayings(
      taken.map((each) => each.ours.inventory),
      store,
    );
    await writeTrivyDatabase(caches.trivy, said);
    await writeJavaDatabase(
      caches.trivy,
      images.map((image) => image.layout),
    );
    await writeGrypeDatabase(caches.grype, said);
    for (const { image, ours } of taken) {
      note(`comparing ${image.name}`);
      const packages = await packagesOf(image, ours.reported, caches);
      const findings = await findingsOf(image, findOurs(ours.inventory, store), caches);
      compared.push({
        image,
        missing: ours.inventory.missing.length,
        packages: {
          reports: packages,
          recall: recall(packages),
          groups: explain(differences(packages), packageReasons(ours.known), labelOf),
        },
        findings: {
          reports: findings,
          recall: recall(findings),
          groups: explain(
            differences(findings),
            findingReasons(ours.known),
            ({ package: of, id }) => `${id} ${labelOf(of)}`,
          ),
        },
      });
    }
  } finally {
    store.close();
  }
  await writeFile(DOCUMENT, await writeReport(compared));
  return summary(compared);
}

async function packagesOf(
  { layout }: CoverageImage,
  ours: Map<string, Reported>,
  caches: Caches,
): Promise<Reports<Reported>> {
  const syft = await listSyft(layout);
  const trivy = await listTrivy(layout, caches.trivy);
  return { ours, ...(syft ? { syft } : {}), ...(trivy ? { trivy } : {}) };
}

async function findingsOf(
  { layout }: CoverageImage,
  ours: Map<string, ReportedFinding>,
  caches: Caches,
): Promise<Reports<ReportedFinding>> {
  const trivy = await findTrivy(layout, caches.trivy);
  const grype = await findGrype(layout, caches.grype);
  return { ours, ...(trivy ? { trivy } : {}), ...(grype ? { grype } : {}) };
}

function summary(compared: readonly Compared[]): string {
  const lines: string[] = ['| image | what | of | found by us |', '|---|---|---|---|'];
  let unexplained = 0;
  const lost: string[] = [];
  for (const { image, packages, findings } of compared)
    for (const [what, { recall: all, groups }] of Object.entries({ packages, findings })) {
      const both = all.find(({ of }) => of.includes(' and '));
      if (both && both.shared < both.theirs) lost.push(`${image.name}: ${both.theirs - both.shared} ${what}`);
      for (const { of, theirs, shared } of all)
        lines.push(`| ${image.name} | ${what} | ${of} | ${shared} of ${theirs} |`);
      for (const group of groups) if (group.why === UNEXPLAINED) unexplained += group.count;
    }
  if (lost.length > 0) throw new Error(`${lines.join('\n')}\nboth peers find what we do not: ${lost.join(', ')}`);
  if (unexplained > 0)
    throw new Error(`${lines.join('\n')}\n${unexplained} differences have no known reason; see docs/coverage.md`);
  return `${lines.join('\n')}\n\ndocs/coverage.md was written.`;
}
