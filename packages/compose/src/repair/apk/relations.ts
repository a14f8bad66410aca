/** What apk packages need and give: names with versions, and names that must not be there. */
import { type Need, needOf, type Provided, type Relation } from '../plan/unit.ts';
import { satisfiesApk } from './version.ts';

export type ApkRelation = Relation & {
  operator: string;
  version: string;
  /** Must not be there. */
  conflict: boolean;
  /** Of the repository that the package is to come from: `name@tag`. */
  tag: string | null;
  text: string;
};

/** Name, tag, operator and version; a hash after `><` names one build. @see apk-world(5) */
const FORM = /^(!?)([^\s<>=~@!]+)(?:@([^\s<>=~]+))?(?:([<>=~]{1,2})([^\s@]+)(?:@(\S+))?)?$/;
const MAX_RELATIONS = 20_000;

/** Words that are no relations are passed over, as nothing can give what they ask for. */
export function parseApkRelations(text: string | undefined): ApkRelation[] {
  const found: ApkRelation[] = [];
  for (const word of (text ?? '').split(/\s+/).filter(Boolean).slice(0, MAX_RELATIONS)) {
    const [, no = '', name, tag, operator = '', version = '', lateTag] = FORM.exec(word) ?? [];
    if (name === undefined) continue;
    found.push({
      name,
      operator,
      version,
      conflict: no === '!',
      tag: tag ?? lateTag ?? null,
      text: word,
      admits: (provided) => admits(provided, operator, version),
    });
  }
  return found;
}

function admits(provided: Provided, operator: string, version: string): boolean {
  if (operator === '') return true;
  // A name given without a version meets only needs without one; a build is told by a hash that is not looked at here.
  if (provided.version === null || operator === '><') return false;
  return satisfiesApk(provided.version, operator, version);
}

export const needsOf = (relations: readonly ApkRelation[]): Need[] =>
  relations.filter(({ conflict }) => !conflict).map((relation) => needOf(relation.text, relation));

export const conflictsOf = (relations: readonly ApkRelation[]): ApkRelation[] =>
  relations.filter(({ conflict }) => conflict);

/** `p:` and the package's own name. */
export function providesOf(name: string, version: string, text: string | undefined): Provided[] {
  const given = parseApkRelations(text).map((each) => ({
    name: each.name,
    version: each.operator === '' ? null : each.version,
  }));
  return [{ name, version }, ...given];
}
