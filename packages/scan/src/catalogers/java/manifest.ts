/** Reads the main section of a jar's manifest. */

const MAX_SECTION = 512 * 1024;
const MAX_FIELDS = 500;

/**
 * Fields of the main section by lower-case name; throws nothing.
 * @see JAR File Specification, "Notes on Manifest and Signature Files": lines that begin with a space go on
 */
export function parseManifest(content: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of content.toString('utf8', 0, MAX_SECTION).split(/\r\n|\n|\r/)) {
    if (line === '') break;
    if (line[0] === ' ') {
      if (last !== '') fields.set(last, (fields.get(last) ?? '') + line.slice(1));
      continue;
    }
    const colon = line.indexOf(':');
    last = colon > 0 && fields.size < MAX_FIELDS ? line.slice(0, colon).toLowerCase() : '';
    if (last !== '') fields.set(last, line.slice(colon + 1).trim());
  }
  return fields;
}
