/** What a Python index says of a project: versions, files with their hashes, and what a version needs. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { pypiName } from '../../catalogers/purl.ts';
import { isVersion } from '../../versions/compare.ts';
import { isZipProblem, newBudget, openZip } from '../../zip/zip-archive.ts';
import { type Answer, type Registries, under } from '../registries.ts';

const Sha256 = z.string().regex(/^[a-f0-9]{64}$/);
const Hashes = z.looseObject({ sha256: Sha256.optional() }).catch({});
const File = z.looseObject({
  filename: z.string().max(500),
  url: z.string().max(4000),
  hashes: Hashes,
  size: z.number().optional().catch(undefined),
  yanked: z.union([z.boolean(), z.string()]).optional().catch(undefined),
  'core-metadata': z.union([z.boolean(), Hashes]).optional().catch(undefined),
});
const Project = z.looseObject({ files: z.array(z.unknown()).max(200_000) });

export type IndexFile = z.infer<typeof File>;
export type IndexProject = {
  /** Versions with a file that is not withdrawn. */
  versions: string[];
  filesOf(version: string): IndexFile[];
};

const MAX_PROJECT = 64 * 1024 * 1024;
/** Larger wheels are not read to learn what they need. */
const MAX_WHEEL = 16 * 1024 * 1024;
const MAX_METADATA = 4 * 1024 * 1024;

/** @see PyPA specifications, "Simple repository API" (PEP 691) */
export async function readIndexProject(registries: Registries, name: string): Promise<Answer<IndexProject>> {
  const url = `${under(registries.options.pypi, encodeURIComponent(pypiName(name)))}/`;
  const answer = await registries.json(url, MAX_PROJECT, { accept: 'application/vnd.pypi.simple.v1+json' });
  if (answer.status !== 'found') return answer;
  const parsed = Project.safeParse(answer.value);
  if (!parsed.success) return { status: 'unreachable', detail: 'the index does not speak the simple API in JSON' };
  const byVersion = new Map<string, IndexFile[]>();
  for (const one of parsed.data.files) {
    const file = File.safeParse(one).data;
    const version = file && versionOf(file.filename, name);
    if (!file || !version || (file.yanked !== undefined && file.yanked !== false)) continue;
    const resolved = URL.canParse(file.url, url) ? new URL(file.url, url).href : '';
    byVersion.set(version, [...(byVersion.get(version) ?? []), { ...file, url: resolved }]);
  }
  return {
    status: 'found',
    value: { versions: [...byVersion.keys()], filesOf: (version) => byVersion.get(version) ?? [] },
  };
}

/** @see PyPA specifications, "Binary distribution format" and "Source distribution format", file names */
function versionOf(filename: string, name: string): string | null {
  const wheel = /^([^-]+)-([^-]+)-.*\.whl$/.exec(filename);
  const source = wheel ?? /^(.+)-([^-]+)\.(?:tar\.(?:gz|bz2|xz)|zip|tgz)$/.exec(filename);
  if (!source?.[1] || !source[2] || pypiName(source[1]) !== pypiName(name)) return null;
  return isVersion('pep440', source[2]) ? source[2] : null;
}

/** Lines of Requires-Dist, out of the metadata that the index keeps beside a wheel, or out of the wheel itself. */
export async function readNeeds(registries: Registries, files: readonly IndexFile[]): Promise<Answer<string[]>> {
  const wheels = files.filter(({ filename }) => filename.endsWith('.whl'));
  const wheel = wheels.find((file) => file['core-metadata']) ?? wheels.sort((a, b) => (a.size ?? 0) - (b.size ?? 0))[0];
  if (!wheel) return { status: 'unreachable', detail: 'the index has no wheel that would say what it needs' };
  const beside = wheel['core-metadata'];
  if (beside) {
    const answer = await registries.bytes(`${wheel.url}.metadata`, MAX_METADATA);
    const hash = typeof beside === 'object' ? beside.sha256 : undefined;
    if (answer.status === 'found' && (hash === undefined || hash === sha256(answer.value)))
      return { status: 'found', value: needsOf(answer.value.toString('utf8')) };
  }
  const answer = await registries.bytes(wheel.url, MAX_WHEEL);
  if (answer.status !== 'found') return answer;
  if (wheel.hashes.sha256 !== sha256(answer.value))
    return { status: 'unreachable', detail: `${wheel.filename} is not what the index says it is` };
  const archive = openZip(answer.value, newBudget());
  const entry = archive.entries.find((one) => /^[^/]+\.dist-info\/METADATA$/.test(one.name));
  const text = entry ? archive.read(entry, MAX_METADATA) : null;
  if (!text || isZipProblem(text)) return { status: 'unreachable', detail: `${wheel.filename} has no metadata` };
  return { status: 'found', value: needsOf(text.toString('utf8')) };
}

const needsOf = (metadata: string): string[] =>
  (metadata.split(/\r?\n\r?\n/, 1)[0] ?? '')
    .split(/\r?\n/)
    .flatMap((line) => /^Requires-Dist:\s*(.+)$/i.exec(line)?.[1] ?? []);

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
