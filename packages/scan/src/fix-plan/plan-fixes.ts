/** The least change that clears the findings of application packages. This file is the recipe. */
import type { Finding, FixLeft, FixPlan, FixUpgrade, Package, PackageType } from '@pratique/contract';
import type { AdvisoryStore } from '../advisories/store.ts';
import { affectedIds } from './choose-version.ts';
import { planGo } from './go/plan.ts';
import { type Group, leftOf, type PlanContext, type Planner } from './group.ts';
import { planMaven } from './maven/plan.ts';
import { pomPackages } from './maven/project-packages.ts';
import { planNpm } from './npm/plan.ts';
import { ProjectFiles, type ProjectSource } from './project-files.ts';
import { planPython } from './python/plan.ts';
import { Registries, type RegistryOptions } from './registries.ts';

const PLANNERS: Readonly<Partial<Record<PackageType, Planner>>> = {
  npm: planNpm,
  pypi: planPython,
  golang: planGo,
  maven: planMaven,
};
const SYSTEM: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm']);

export type FixPlanInput = {
  subject: string;
  digest: string | null;
  packages: readonly Package[];
  findings: readonly Finding[];
  store: AdvisoryStore;
  /** Manifests and lock files; of an image, those that lie in it. */
  project: ProjectSource;
  /** A folder of sources, not an image: what its pom.xml files ask for counts too. */
  isSource: boolean;
  /** Null: nobody is asked. Files whose entries have hashes are not changed then. */
  registries: RegistryOptions | null;
  /** What is for development alone counts too. */
  development?: boolean;
};

/**
 * Plans without changing anything: neither the image nor the project. The same input and registries give the same plan.
 *
 * @throws ScanError `store-corrupt`; what `project` and `registries.fetch` throw on an aborted signal
 */
export async function planFixes(input: FixPlanInput): Promise<FixPlan> {
  const files = new ProjectFiles(input.project);
  const context: PlanContext = {
    store: input.store,
    files,
    registries: input.registries && new Registries(input.registries),
  };
  const upgrades: FixUpgrade[] = [];
  const left: FixLeft[] = [];
  const groups = [...groupsOf(input), ...(input.isSource ? await groupsOfPoms(input, files) : [])];
  // Fixed order, so that a file that several change is changed in the same way each time.
  for (const group of groups.sort((a, b) => (a.each.purl < b.each.purl ? -1 : 1))) {
    const planner = PLANNERS[group.each.type];
    const [path = ''] = group.each.paths;
    if (SYSTEM.has(group.each.type)) {
      const detail = 'the distribution brings it: pratique repair, or a newer base';
      left.push(...group.ids.map((id) => leftOf(group, id, path, 'system-package', detail)));
    } else if (!planner) {
      const detail = `there is no plan for packages of ${group.each.type}`;
      left.push(...group.ids.map((id) => leftOf(group, id, path, 'unsupported-ecosystem', detail)));
    } else {
      const planned = await planner(group, context);
      upgrades.push(...planned.upgrades);
      left.push(...planned.left);
    }
  }
  upgrades.sort((a, b) => b.clears.length - a.clears.length || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { subject: input.subject, digest: input.digest, upgrades, left, patch: files.patch() };
}

function groupsOf({ packages, findings }: FixPlanInput): Group[] {
  const byPurl = new Map<string, Package>();
  for (const each of packages) if (each.owner === null) byPurl.set(each.purl, each);
  const ids = new Map<string, Set<string>>();
  for (const { id, package: of, status } of findings)
    if (status !== 'not-affected') ids.set(of.purl, (ids.get(of.purl) ?? new Set()).add(id));
  return [...ids].flatMap(([purl, of]) => {
    const each = byPurl.get(purl);
    return each ? [{ each, ids: [...of].sort() }] : [];
  });
}

/** Vulnerable dependencies that pom.xml names and no jar in the folder shows. */
async function groupsOfPoms({ packages, store, development }: FixPlanInput, files: ProjectFiles): Promise<Group[]> {
  const known = new Set(packages.map(({ purl }) => purl));
  return (await pomPackages(files))
    .filter(({ purl }) => !known.has(purl) && (development === true || !/[?&]scope=development/.test(purl)))
    .map((each) => ({ each, ids: [...affectedIds(each, each.version, store)].sort() }))
    .filter(({ ids }) => ids.length > 0);
}
