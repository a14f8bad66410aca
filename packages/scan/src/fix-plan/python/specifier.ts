/** Version specifiers of Python: which versions a requirement takes. */
import { pypiName } from '../../catalogers/purl.ts';
import { compareVersions, isVersion } from '../../versions/compare.ts';

export type Requirement = { name: string; specifier: string; marker: string };

/** @returns null for what names no project. @see PyPA specifications, "Dependency specifiers" (PEP 508) */
export function parseRequirement(text: string): Requirement | null {
  const match = /^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*([^;]*)(?:;(.*))?$/s.exec(
    text.slice(0, 2000),
  );
  if (!match?.[1]) return null;
  return {
    name: pypiName(match[1]),
    specifier: (match[2] ?? '').trim().replace(/^\((.*)\)$/, '$1'),
    marker: (match[3] ?? '').trim(),
  };
}

/** Takes nothing where it cannot be read. @see PyPA specifications, "Version specifiers" (PEP 440) */
export function satisfies(version: string, specifier: string): boolean {
  if (!isVersion('pep440', version)) return false;
  return specifier
    .split(',')
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '')
    .every((clause) => satisfiesOne(version, clause));
}

function satisfiesOne(version: string, clause: string): boolean {
  const match = /^(===|==|!=|~=|<=|>=|<|>)\s*(\S+)$/.exec(clause);
  const [, operator, bound = ''] = match ?? [];
  if (operator === undefined) return false;
  if (operator === '===') return version === bound;
  const prefix = /^(.*)\.\*$/.exec(bound)?.[1];
  if (prefix !== undefined) {
    if (operator === '==') return beginsWith(version, prefix);
    return operator === '!=' && !beginsWith(version, prefix);
  }
  if (!isVersion('pep440', bound)) return false;
  // A local part of the installed version counts only where the specifier has one.
  const plain = bound.includes('+') ? version : version.replace(/\+.*$/, '');
  const order = compareVersions('pep440', plain, bound);
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0 && !(isPre(plain) && !isPre(bound) && beginsWith(releaseOf(plain), releaseOf(bound)));
    case '>':
      return order > 0 && !(/post/.test(plain) && !/post/.test(bound) && releaseOf(plain) === releaseOf(bound));
    default: {
      const parts = releaseOf(bound).split('.');
      return parts.length > 1 && order >= 0 && beginsWith(plain, parts.slice(0, -1).join('.'));
    }
  }
}

const isPre = (version: string): boolean =>
  /(?:a|b|c|rc|alpha|beta|pre|preview|dev)[-_.]?[0-9]*(?:\+|$)/i.test(version);
const releaseOf = (version: string): string => /^v?((?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*)/i.exec(version)?.[1] ?? version;

/** Compares number by number; what is missing counts as zero. */
function beginsWith(version: string, prefix: string): boolean {
  const own = releaseOf(version).split('.');
  return releaseOf(prefix)
    .split('.')
    .every((part, at) => Number(own[at] ?? '0') === Number(part) || own[at] === part);
}
