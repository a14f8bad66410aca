/** Reads YAML that strangers wrote: every scalar stays text, and nothing refers to anything else. */
import { FAILSAFE_SCHEMA, load } from 'js-yaml';

/**
 * Parses one document. Scalars stay strings, so that the version 1.10 does not become the number 1.1. Aliases are
 * refused, since a few lines of them stand for a document of any size.
 * @throws Error for what is no YAML or uses aliases
 */
export function parseYaml(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  const value: unknown = load(text, { schema: FAILSAFE_SCHEMA });
  if (/(?:^|[\s[{,:-])\*[A-Za-z0-9_-]/.test(text) && sharesObjects(value))
    throw new Error('YAML aliases are not taken');
  return value;
}

/** True when one object stands at two places, which only an alias does. */
function sharesObjects(value: unknown): boolean {
  const seen = new Set<object>();
  const stack: unknown[] = [value];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (typeof at !== 'object' || at === null) continue;
    if (seen.has(at)) return true;
    seen.add(at);
    for (const child of Object.values(at)) if (child !== undefined) stack.push(child);
  }
  return false;
}
