/** Reads the documents that list packages: SPDX 2 and CycloneDX in their JSON forms. */
import { z } from 'zod';
import { ScanError } from '../error.ts';

const MAX_SBOM = 256 * 1024 * 1024;
const MAX_PACKAGES = 1_000_000;

const Spdx = z.looseObject({
  spdxVersion: z.string().regex(/^SPDX-2\.[0-9]$/),
  comment: z.string().optional(),
  documentDescribes: z.array(z.string()).optional(),
  packages: z
    .array(
      z.looseObject({
        SPDXID: z.string(),
        name: z.string(),
        licenseConcluded: z.string().optional(),
        licenseDeclared: z.string().optional(),
        externalRefs: z.array(z.looseObject({ referenceType: z.string(), referenceLocator: z.string() })).optional(),
      }),
    )
    .default([]),
  relationships: z
    .array(z.looseObject({ spdxElementId: z.string(), relationshipType: z.string(), relatedSpdxElement: z.string() }))
    .default([]),
});

const CycloneDx = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  components: z.array(z.unknown()).default([]),
  compositions: z.array(z.looseObject({ aggregate: z.string() })).default([]),
});
const Component = z.looseObject({
  type: z.string(),
  name: z.string(),
  version: z.string().optional(),
  purl: z.string().optional(),
  licenses: z
    .array(
      z.looseObject({
        license: z.looseObject({ id: z.string().optional(), name: z.string().optional() }).optional(),
        expression: z.string().optional(),
      }),
    )
    .optional(),
  components: z.array(z.unknown()).optional(),
});

export type SbomItem = { label: string; purl: string | null; licenses: string[] };
export type SbomDocument = {
  items: SbomItem[];
  system: { name: string; version: string } | null;
  incomplete: string | null;
};

/** @throws ScanError `sbom-invalid` */
export function readSbomDocument(bytes: Buffer): SbomDocument {
  if (bytes.length > MAX_SBOM)
    throw new ScanError('sbom-invalid', `the SBOM has ${bytes.length} bytes; at most ${MAX_SBOM} are taken`);
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new ScanError('sbom-invalid', 'the SBOM is no JSON; SPDX 2 and CycloneDX are read in their JSON forms', {
      cause,
    });
  }
  if (typeof json === 'object' && json !== null && 'bomFormat' in json)
    return fromCycloneDx(checked(CycloneDx, json, 'CycloneDX'));
  if (typeof json === 'object' && json !== null && 'spdxVersion' in json)
    return fromSpdx(checked(Spdx, json, 'SPDX 2'));
  throw new ScanError('sbom-invalid', 'the document is neither SPDX 2 nor CycloneDX');
}

function checked<T>(schema: z.ZodType<T>, json: unknown, name: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ScanError(
    'sbom-invalid',
    `the document is no ${name} that can be read: ${issue?.path.join('.') || 'its root'}: ${issue?.message}`,
  );
}

function fromSpdx(document: z.infer<typeof Spdx>): SbomDocument {
  // What the document describes is the image or directory itself, not a package in it.
  const roots = new Set(document.documentDescribes ?? []);
  for (const { relationshipType, spdxElementId, relatedSpdxElement } of document.relationships)
    if (relationshipType === 'DESCRIBES' && spdxElementId === 'SPDXRef-DOCUMENT') roots.add(relatedSpdxElement);
  const purlOf = (each: z.infer<typeof Spdx>['packages'][number]): string | null =>
    each.externalRefs?.find((ref) => ref.referenceType === 'purl')?.referenceLocator ?? null;
  const items = document.packages
    .filter((each) => !roots.has(each.SPDXID) || isCataloged(purlOf(each)))
    .map((each) => ({ label: each.name, purl: purlOf(each), licenses: spdxLicences(each) }));
  limitItems(items.length);
  const incomplete = /\bincomplete\b/i.test(document.comment ?? '')
    ? `the document says: ${document.comment?.slice(0, 300)}`
    : null;
  return { items, system: null, incomplete };
}

/** Some tools let a document describe every package directly. */
function isCataloged(purl: string | null): boolean {
  return purl !== null && !/^pkg:(?:oci|docker|generic)\//.test(purl);
}

function fromCycloneDx(document: z.infer<typeof CycloneDx>): SbomDocument {
  const items: SbomItem[] = [];
  let system: SbomDocument['system'] = null;
  const queue: unknown[] = [...document.components];
  for (let at = 0; at < queue.length; at += 1) {
    limitItems(at);
    const component = checked(Component, queue[at], 'CycloneDX component');
    queue.push(...(component.components ?? []));
    if (component.type === 'operating-system') system ??= { name: component.name, version: component.version ?? '' };
    else if (component.purl !== undefined || component.type === 'library' || component.type === 'framework')
      items.push({
        label: `${component.name} ${component.version ?? ''}`.trim(),
        purl: component.purl ?? null,
        licenses: licencesOf(component),
      });
  }
  const incomplete = document.compositions.find((each) => each.aggregate.startsWith('incomplete'));
  return { items, system, incomplete: incomplete ? `the document calls itself ${incomplete.aggregate}` : null };
}

function limitItems(count: number): void {
  if (count > MAX_PACKAGES) throw new ScanError('sbom-invalid', `the SBOM has more than ${MAX_PACKAGES} packages`);
}

/** What was declared, else what was concluded; the words for "not known" say nothing. */
function spdxLicences(each: z.infer<typeof Spdx>['packages'][number]): string[] {
  const found = [each.licenseDeclared, each.licenseConcluded].find(
    (text) => text !== undefined && text !== '' && text !== 'NOASSERTION' && text !== 'NONE',
  );
  return found === undefined ? [] : [found];
}

function licencesOf({ licenses = [] }: z.infer<typeof Component>): string[] {
  return licenses.flatMap((each) => each.expression ?? each.license?.id ?? each.license?.name ?? []).slice(0, 10);
}
