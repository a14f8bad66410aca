/** Reads wheels and zipped eggs: archives that hold a package together with its metadata. */
import { isZipProblem, newBudget, openZip } from '../../zip/zip-archive.ts';
import { parseMetadata } from './metadata.ts';
import type { Condensed } from './python.ts';

const METADATA = /^[^/]+\.dist-info\/METADATA$|^EGG-INFO\/PKG-INFO$/i;
const MAX_METADATA = 4 * 1024 * 1024;

/** Throws nothing. @see PyPA specifications, "Binary distribution format" */
export function readArchive(content: Buffer): Condensed {
  const result: Condensed = { packages: [], problems: [] };
  const archive = openZip(content, newBudget());
  for (const problem of archive.problems) result.problems.push(problem.detail);
  for (const entry of archive.entries.filter((each) => METADATA.test(each.name)).slice(0, 10)) {
    const bytes = archive.read(entry, MAX_METADATA);
    const metadata = isZipProblem(bytes) ? null : parseMetadata(bytes);
    if (metadata) result.packages.push({ ...metadata, inner: entry.name });
    else
      result.problems.push(
        `${entry.name.slice(0, 200)}: ${isZipProblem(bytes) ? bytes.detail : 'it names no project and version'}`,
      );
  }
  if (result.packages.length === 0 && result.problems.length === 0)
    result.problems.push('the archive holds no metadata of a package');
  return result;
}
