/** Collects what the cataloger of one ecosystem finds, file by file. */
import type { Missing, Package, PackageType } from '@pratique/contract';
import { ScanError } from '../error.ts';
import type { CatalogContext, Cataloged, CatalogedFile } from './cataloger.ts';
import type { LockRead, Pinned } from './lock.ts';
import { DEVELOPMENT, languagePurl } from './purl.ts';

/** Of one cataloger; more than any image holds, and what memory bears. */
const MAX_PACKAGES = 400_000;

export class Gathering {
  readonly result: Cataloged = { packages: [], missing: [], owned: [] };
  readonly #type: PackageType;
  readonly #context: CatalogContext;

  constructor(type: PackageType, context: CatalogContext) {
    this.#type = type;
    this.#context = context;
  }

  /** @param where the place inside the file that says so, if it is not the file itself: `app.jar!/lib/x.jar` */
  add(found: Pinned & { purl?: string; type?: PackageType }, file: CatalogedFile, where: string = file.path): void {
    const { name, version, licenses } = found;
    if (this.result.packages.length >= MAX_PACKAGES) {
      if (this.result.packages.length === MAX_PACKAGES) this.#limit(file);
      return;
    }
    const type = found.type ?? this.#type;
    this.result.packages.push({
      name,
      version,
      type,
      purl: found.purl ?? languagePurl(type, name, version, found.development ? DEVELOPMENT : {}),
      sourceName: name,
      sourceVersion: version,
      architecture: null,
      owner: null,
      licenses,
      layer: this.#context.layerOf(file.node),
      paths: [where],
    } satisfies Package);
  }

  /** Adds all that a lock file pins; null stands for a file that is none. */
  addLock(lock: LockRead | null, what: string, file: CatalogedFile): void {
    if (!lock) return this.missing('unreadable', what, file.path, 'it is no file that its tool could have written');
    for (const each of lock.packages) this.add(each, file);
    for (const problem of lock.problems) this.missing('unreadable', what, file.path, problem);
  }

  missing(kind: Missing['kind'], what: string, path: string, detail: string): void {
    this.result.missing.push({ kind, what, path, detail });
  }

  /** Reads one file. What is thrown there becomes a status of that file, and the others are still read. */
  read(what: string, file: CatalogedFile, reader: () => void): void {
    try {
      reader();
    } catch (error) {
      if (error instanceof ScanError && error.code === 'file-limit')
        return this.missing('limit', what, file.path, error.message);
      const reason = error instanceof Error ? error.message.slice(0, 300) : 'unknown error';
      this.missing('unreadable', what, file.path, `it could not be read: ${reason}`);
    }
  }

  #limit(file: CatalogedFile): void {
    const detail = `packages beyond ${MAX_PACKAGES} were left out, from this file on`;
    if (!this.result.missing.some((each) => each.kind === 'limit' && each.detail === detail))
      this.missing('limit', this.#type, file.path, detail);
  }
}
