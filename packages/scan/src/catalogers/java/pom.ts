/** Reads what Maven leaves in the jars it builds: pom.properties and pom.xml. */
import { plainText } from '../text.ts';

export type Pom = { group: string; artifact: string; version: string; licences: string[] };

const MAX_PROPERTIES = 500;
/** Deeper elements of a pom say nothing of coordinates. */
const MAX_DEPTH = 200;

/** @returns null for properties that name no group, artifact and version; throws nothing */
export function parsePomProperties(content: Buffer): Pom | null {
  const fields = new Map<string, string>();
  for (const line of plainText(content).split(/\r?\n/)) {
    const match = /^\s*(groupId|artifactId|version)\s*[=:]\s*(.*?)\s*$/.exec(line.slice(0, 1000));
    if (match?.[1]) fields.set(match[1], match[2] ?? '');
  }
  return toPom(fields.get('groupId'), fields.get('artifactId'), fields.get('version'), []);
}

/**
 * Coordinates and licences of a pom.xml: its own, else its parent's, with its own properties put in.
 * @returns null where the coordinates need files that are not here; throws nothing
 * @see Maven documentation, "POM Reference", "Maven Coordinates", "Inheritance", "Properties"
 */
export function parsePomXml(content: Buffer): Pom | null {
  const values = readElements(plainText(content));
  const one = (path: string): string | undefined => values.get(path)?.[0];
  const resolve = (text: string | undefined): string | undefined => {
    let value = text;
    for (let round = 0; round < 5 && value?.includes('${'); round += 1)
      value = value.slice(0, 500).replace(/\$\{([^${}]{1,200})\}/g, (all, name: string) => {
        const field = /^(?:project|pom)\.(.+)$/.exec(name)?.[1]?.replaceAll('.', '/');
        if (field === undefined) return one(`project/properties/${name}`) ?? all;
        return one(`project/${field}`) ?? one(`project/parent/${field}`) ?? all;
      });
    return value?.includes('${') ? undefined : value;
  };
  return toPom(
    resolve(one('project/groupId') ?? one('project/parent/groupId')),
    resolve(one('project/artifactId')),
    resolve(one('project/version') ?? one('project/parent/version')),
    (values.get('project/licenses/license/name') ?? []).slice(0, 10),
  );
}

/** @see Maven documentation, "Naming conventions"; what Maven's own validation of ids lets through */
function toPom(group = '', artifact = '', version = '', licences: string[]): Pom | null {
  const id = /^[A-Za-z0-9_.-]{1,200}$/;
  if (!id.test(group) || !id.test(artifact) || !/^[\x21-\x7e]{1,200}$/.test(version) || version.includes('${'))
    return null;
  return { group, artifact, version, licences };
}

/** Texts of elements by their path, without attributes. Linear in the text; entities of a document type are not read. */
function readElements(text: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  const path: string[] = [];
  let own = '';
  let at = 0;
  for (let open = text.indexOf('<'); open >= 0; open = text.indexOf('<', at)) {
    own += text.slice(at, open);
    const skipped = skipMarkup(text, open);
    if (skipped !== null) {
      if (skipped < 0) break;
      at = skipped;
      continue;
    }
    const close = text.indexOf('>', open);
    if (close < 0) break;
    const tag = text.slice(open + 1, Math.min(close, open + 1000));
    at = close + 1;
    if (tag[0] === '/') {
      if (path.length <= WANTED_DEPTH) keep(values, path.join('/'), own);
      path.pop();
    } else if (!tag.endsWith('/')) {
      path.push(/^[^\s/]{0,100}/.exec(tag)?.[0] ?? '');
      if (path.length > MAX_DEPTH) break;
    }
    own = '';
  }
  return values;
}

/** @returns the place behind a comment, instruction or declaration; -1 where it does not end; null for a tag */
function skipMarkup(text: string, open: number): number | null {
  const end = text.startsWith('<!--', open)
    ? '-->'
    : text.startsWith('<?', open)
      ? '?>'
      : text[open + 1] === '!'
        ? '>'
        : null;
  if (end === null) return null;
  const at = text.indexOf(end, open);
  return at < 0 ? -1 : at + end.length;
}

const WANTED = /^project\/(?:(?:parent\/)?(?:groupId|artifactId|version)|properties\/[^/]+|licenses\/license\/name)$/;
const WANTED_DEPTH = 4;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function keep(values: Map<string, string[]>, path: string, text: string): void {
  if (!WANTED.test(path) || values.size >= MAX_PROPERTIES) return;
  const value = text
    .trim()
    .slice(0, 500)
    .replace(/&(lt|gt|amp|quot|apos);/g, (_all, name: string) => ENTITIES[name] ?? '');
  const list = values.get(path);
  if (list === undefined) values.set(path, [value]);
  else if (list.length < 20) list.push(value);
}
