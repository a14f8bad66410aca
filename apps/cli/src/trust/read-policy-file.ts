/** A trust policy as people write it: YAML whose keys and roots may stand in files beside it. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CORE_SCHEMA, load } from 'js-yaml';
import { CliError, EXIT } from '../exit.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads the document; `{ file: PATH }` under `keys` and `trustedRoots` is replaced by what the file holds, its path
 * being relative to the policy.
 *
 * @param text the policy; null to read it from the file
 * @throws CliError usage
 */
export async function readPolicyFile(file: string, cwd: string, text: string | null = null): Promise<unknown> {
  const path = resolve(cwd, file);
  const document = parse(text ?? (await readBounded(path, file)), file);
  if (!isMap(document)) throw new CliError(EXIT.usage, `${file} holds no trust policy: it is no map of keys`);
  const folder = text === null ? dirname(path) : cwd;
  return {
    ...document,
    ...(await replaced(document, 'keys', folder, (content) => content)),
    ...(await replaced(document, 'trustedRoots', folder, (content, name) => parse(content, name))),
  };
}

async function replaced(
  document: Record<string, unknown>,
  part: string,
  folder: string,
  read: (content: string, name: string) => unknown,
): Promise<Record<string, unknown>> {
  const entries = document[part];
  if (!isMap(entries)) return {};
  const values = await Promise.all(
    Object.entries(entries).map(async ([name, value]) => {
      if (!isMap(value) || typeof value['file'] !== 'string' || Object.keys(value).length !== 1) return [name, value];
      return [name, read(await readBounded(resolve(folder, value['file']), value['file']), value['file'])];
    }),
  );
  return { [part]: Object.fromEntries(values) as unknown };
}

async function readBounded(path: string, shown: string): Promise<string> {
  try {
    if ((await stat(path)).size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CliError(EXIT.usage, `${shown} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function parse(text: string, name: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA, filename: name });
  } catch (cause) {
    throw new CliError(EXIT.usage, `${name} is not valid YAML: ${(cause as Error).message.slice(0, 500)}`, { cause });
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
