/** Applies VEX statements to an image's findings. */
import type { VexApplied } from '@pratique/contract';
import { PackageURL } from 'packageurl-js';
import type { VexDocument, VexProduct, VexStatement } from './statement.ts';

/** The image that findings are of: every name that a statement may call it by. */
export type VexSubject = { names: readonly string[]; digest: string | null };

/** Statements made ready for as many images as there are. */
export type PreparedVex = <T extends Stated>(findings: readonly T[], subject: VexSubject) => T[];

type Stated = {
  id: string;
  aliases: readonly string[];
  /** A FindingStatus. */
  status: string;
  package: { purl: string };
  vex?: VexApplied | undefined;
};

/**
 * The newest statement about a hole of a package counts; of two as new, the one that stands later. `not_affected` and
 * `fixed` make a finding not affect the image, `affected` confirms it, `under_investigation` is noted and changes nothing.
 * A statement about a product that is neither this image nor the package says nothing here.
 */
export function prepareVex(documents: readonly VexDocument[]): PreparedVex {
  const byName = new Map<string, VexStatement[]>();
  for (const statement of documents.flatMap((document) => document.statements))
    for (const name of new Set(statement.names.map((each) => each.toUpperCase()))) {
      const before = byName.get(name);
      if (before) before.push(statement);
      else byName.set(name, [statement]);
    }
  return (findings, subject) => {
    if (byName.size === 0) return [...findings];
    const purls = createPurls();
    return findings.map((finding) => {
      const said = [finding.id, ...finding.aliases]
        .flatMap((name) => byName.get(name.toUpperCase()) ?? [])
        .filter((statement) =>
          statement.products.some((product) => isAbout(purls, product, finding.package.purl, subject)),
        );
      const last = said.reduce<VexStatement | null>((top, one) => (top && timeOf(one) < timeOf(top) ? top : one), null);
      return last ? withStatement(finding, last) : finding;
    });
  };
}

const timeOf = ({ at }: VexStatement): number => {
  const time = at === null ? Number.NaN : Date.parse(at);
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
};

function withStatement<T extends Stated>(finding: T, said: VexStatement): T {
  const { status, justification, statement, author, document, at } = said;
  const vex: VexApplied = { status, justification, statement, author, document, at };
  if (status === 'not_affected' || status === 'fixed') return { ...finding, status: 'not-affected', vex };
  if (status === 'affected' && finding.status === 'unknown') return { ...finding, status: 'affected', vex };
  return { ...finding, vex };
}

function isAbout(purls: Purls, { id, components }: VexProduct, purl: string, subject: VexSubject): boolean {
  if (isImage(purls, id, subject))
    return components.length === 0 || components.some((component) => covers(purls, component, purl));
  // A part of another product is not a part of this one; a package that is a product of its own is everywhere.
  return components.length === 0 && covers(purls, id, purl);
}

/** By digest, as `pkg:oci/NAME@sha256:...` or the digest itself; by name only with the repository that it is in. */
function isImage(purls: Purls, id: string, { names, digest }: VexSubject): boolean {
  if (names.includes(id) || (digest !== null && (id === digest || id.endsWith(`@${digest}`)))) return true;
  const url = purls(id);
  if (url?.type !== 'oci') return false;
  if (url.version) return digest !== null && url.version === digest;
  const repository = url.qualifiers?.['repository_url'];
  const tag = url.qualifiers?.['tag'];
  return (
    repository !== undefined &&
    names.some(
      (name) =>
        name === repository ||
        name === `${repository}:${tag ?? 'latest'}` ||
        (tag === undefined && name.startsWith(`${repository}:`)),
    )
  );
}

/** A purl without a version, or without qualifiers, stands for all of them. @see purl-spec, "How to compare" */
function covers(purls: Purls, stated: string, found: string): boolean {
  if (stated === found) return true;
  const [a, b] = [purls(stated), purls(found)];
  if (!a || !b || a.type !== b.type || a.name !== b.name || (a.namespace ?? '') !== (b.namespace ?? '')) return false;
  if (a.version && a.version !== b.version) return false;
  return Object.entries(a.qualifiers ?? {}).every(
    ([key, value]) => key === 'repository_url' || b.qualifiers?.[key] === value,
  );
}

type Purls = (text: string) => PackageURL | null;

/** Documents repeat their purls; each is parsed once. */
function createPurls(): Purls {
  const parsed = new Map<string, PackageURL | null>();
  return (text) => {
    let url = parsed.get(text);
    if (url === undefined) parsed.set(text, (url = parsePurl(text)));
    return url;
  };
}

function parsePurl(text: string): PackageURL | null {
  if (!text.startsWith('pkg:') || text.length > 4096) return null;
  try {
    return PackageURL.fromString(text);
  } catch {
    return null;
  }
}
