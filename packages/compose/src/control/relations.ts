/** Reads relationship fields: Depends, Provides, Conflicts and their kin (Debian Policy 7.1). */
import { ComposeError } from '../error.ts';

export type Relation = {
  name: string;
  /** `any`, `native` or an architecture, where the relation is qualified. */
  qualifier: string | null;
  operator: '<<' | '<=' | '=' | '>=' | '>>' | null;
  version: string | null;
};

const RELATION =
  /^([a-z0-9][a-z0-9+.-]*)(?::([a-z0-9-]+))?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s()]+)\s*\))?\s*(?:\[[^\]]*\])?$/i;

/** Groups of alternatives: all groups must hold, one relation of each. @throws ComposeError `archive-invalid` */
export function parseRelations(field: string | undefined, origin: string): Relation[][] {
  if (!field?.trim()) return [];
  if (field.length > 200_000) throw new ComposeError('archive-invalid', `${origin}: a relationship field is too long`);
  return field
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '')
    .map((group) => group.split('|').map((relation) => parseRelation(relation.trim(), origin)));
}

function parseRelation(text: string, origin: string): Relation {
  const match = RELATION.exec(text.replace(/\s+/g, ' '));
  if (!match) throw new ComposeError('archive-invalid', `${origin}: not a relation: ${text.slice(0, 100)}`);
  const operator = match[3] === '<' ? '<=' : match[3] === '>' ? '>=' : match[3];
  return {
    name: match[1] ?? '',
    qualifier: match[2] ?? null,
    operator: (operator as Relation['operator'] | undefined) ?? null,
    version: match[4] ?? null,
  };
}

/** As it would be written in a control file. */
export function formatRelation(relation: Relation): string {
  const qualifier = relation.qualifier ? `:${relation.qualifier}` : '';
  return `${relation.name}${qualifier}${relation.operator ? ` (${relation.operator} ${relation.version})` : ''}`;
}
