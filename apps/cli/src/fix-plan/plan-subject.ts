/** Reads a subject and plans how its application packages are mended. */
import { resolve } from 'node:path';
import type { FixPlan } from '@pratique/contract';
import { ImageManifest, parseManifest } from '@pratique/oci';
import type { ProjectSource } from '@pratique/scan/fix-plan/project-files';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { openSource } from '../place.ts';
import { imageFor } from '../platform.ts';
import { defaultStore } from '../scan/advisories.ts';
import { type Examined, examine, examineFrom } from '../scan/examine.ts';
import { type RegistryFlags, readRegistries } from './registries.ts';

export type FixPlanOptions = RegistryFlags & {
  platform: string;
  db?: string;
  includeDev?: boolean;
  cache?: boolean;
};

export type PlannedSubject = { plan: FixPlan; missing: Examined['inventory']['missing'] };

const NOTHING: ProjectSource = { list: () => Promise.resolve([]), read: () => Promise.resolve(null) };
/** Ecosystems of which lock files can be changed. */
const PLANNED: ReadonlySet<string> = new Set(['npm', 'pypi', 'golang', 'maven']);
const LOCAL = /^(?:oci|docker-archive|dir|sbom|podman|containerd|docker):/;

/** @throws CliError usage; OciError and ScanError for what cannot be read */
export async function planSubject(context: Context, subject: string, options: FixPlanOptions): Promise<PlannedSubject> {
  if (options.offline && !LOCAL.test(subject))
    throw new CliError(EXIT.usage, `${subject} is in a registry, and --offline asks none`);
  const dir = subject.startsWith('dir:') ? resolve(context.cwd, subject.slice(4)) : null;
  const registries = await readRegistries(context, options, dir);
  const { examined, project } = await read(context, subject, dir, options);
  const { inventory } = examined;
  const { ensureSeed, matchInventory, openAdvisoryStore } = await import('@pratique/scan');
  const { planFixes } = await import('@pratique/scan/fix-plan/plan-fixes');
  const db = options.db === undefined ? defaultStore(context) : resolve(context.cwd, options.db);
  if (options.db === undefined) await ensureSeed(db);
  const store = await openAdvisoryStore(db);
  try {
    const { findings } = matchInventory(inventory, store, { development: options.includeDev });
    const plan = await planFixes({
      subject,
      digest: examined.digest,
      packages: inventory.packages,
      findings,
      store,
      project,
      isSource: dir !== null,
      registries,
      development: options.includeDev ?? false,
    });
    return { plan, missing: inventory.missing };
  } finally {
    store.close();
  }
}

async function read(
  context: Context,
  subject: string,
  dir: string | null,
  options: FixPlanOptions,
): Promise<{ examined: Examined; project: ProjectSource }> {
  const wanted = { platform: options.platform, cache: options.cache ?? true, scanners: ['vuln'] as const };
  if (dir !== null || subject.startsWith('sbom:')) {
    const examined = await examine(context, subject, wanted);
    const { folderProject } = await import('@pratique/scan/fix-plan/read-projects');
    return { examined, project: dir === null ? NOTHING : folderProject(dir) };
  }
  const { source, reference, close } = await openSource(context, subject);
  try {
    const raw = await imageFor(source, reference, options.platform);
    const examined = await examineFrom(context, source, raw.digest, subject, wanted);
    const { manifest } = parseManifest(raw.bytes, raw.mediaType);
    // Layers are read again only where something could be planned.
    if (!examined.inventory.packages.some(({ type, owner }) => PLANNED.has(type) && owner === null))
      return { examined, project: NOTHING };
    const { imageProject } = await import('@pratique/scan/fix-plan/read-projects');
    const layers = ImageManifest.parse(manifest).layers.map((descriptor) => ({
      descriptor,
      diffId: null,
      open: () => source.blob(descriptor),
      file: source.file?.(descriptor) ?? undefined,
    }));
    return { examined, project: await imageProject(layers) };
  } finally {
    context.progress.end();
    await close();
  }
}
