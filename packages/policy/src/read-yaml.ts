/** Reads YAML that strangers wrote: bounded in size, depth and the number of nodes that aliases stand for. */
import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { PolicyError } from './error.ts';

const MAX_BYTES = 1024 * 1024;
const MAX_NODES = 100_000;
const MAX_DEPTH = 100;
const MAX_DOCUMENTS = 200;

/**
 * All documents of a YAML text (JSON is YAML too); empty ones are left out.
 *
 * @param name what errors call the text, for example its path
 * @throws PolicyError `yaml-invalid`
 */
export function readYaml(text: string, name: string): unknown[] {
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw new PolicyError('yaml-invalid', `${name} is larger than ${MAX_BYTES} bytes`);
  let documents: unknown[];
  try {
    documents = loadAll(text, null, { schema: CORE_SCHEMA, filename: name });
  } catch (cause) {
    throw new PolicyError(
      'yaml-invalid',
      `${name} is not valid YAML: ${String(cause instanceof Error ? cause.message : cause).slice(0, 500)}`,
      { cause },
    );
  }
  if (documents.length > MAX_DOCUMENTS)
    throw new PolicyError('yaml-invalid', `${name} has more than ${MAX_DOCUMENTS} documents`);
  // Aliases share one object in memory; whoever walks it later would expand a "billion laughs". So the walk is done here, bounded.
  const count = { nodes: 0 };
  for (const document of documents) countNodes(document, 0, count, name);
  return documents.filter((document) => document !== null && document !== undefined);
}

function countNodes(value: unknown, depth: number, count: { nodes: number }, name: string): void {
  count.nodes += 1;
  if (count.nodes > MAX_NODES)
    throw new PolicyError('yaml-invalid', `${name} has more than ${MAX_NODES} values once its aliases are followed`);
  if (depth > MAX_DEPTH) throw new PolicyError('yaml-invalid', `${name} is nested deeper than ${MAX_DEPTH} levels`);
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) countNodes(inner, depth + 1, count, name);
}
