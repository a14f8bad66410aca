/**
 * Reads the notations that lock files and manifests are written in. What cannot be read is undefined; only a text that
 * is too long to be tried is an error.
 */
import { parse as parseTomlText } from 'smol-toml';
import { parseYaml } from '../advisories/yaml.ts';
import { ScanError } from '../error.ts';

/** Parsers hold many times a text's size; no lock file of a real project comes near. */
const MAX_TEXT = 32 * 1024 * 1024;
const MAX_JSON = 32 * 1024 * 1024;
const MAX_TOML = 10 * 1024 * 1024;
const MAX_YAML = 12 * 1024 * 1024;

const MAX_KEY_PARTS = 32;

export type Json = { readonly [key: string]: unknown };

/** @returns undefined for what is no JSON @throws ScanError `file-limit` */
export function readJson(content: Buffer): unknown {
  const text = plainText(content, MAX_JSON);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns undefined for what is no TOML @throws ScanError `file-limit` */
export function readToml(content: Buffer): unknown {
  const text = plainText(content, MAX_TOML);
  if (hasLongKey(text)) return undefined;
  try {
    return parseTomlText(text, { maxDepth: 64, integersAsBigInt: 'asNeeded' });
  } catch {
    return undefined;
  }
}

/** A key `a.a.a...` is a tree as deep as the text is long, which the parser's own limit of depth does not count. */
function hasLongKey(text: string): boolean {
  for (const line of text.split('\n')) {
    if (line.length <= MAX_KEY_PARTS) continue;
    const bare = line.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '_');
    if (bare.split(/[^\w\s.-]+/).some((part) => part.split('.').length > MAX_KEY_PARTS)) return true;
  }
  return false;
}

/** Every scalar stays text. @returns undefined for what is no YAML or uses aliases @throws ScanError `file-limit` */
export function readYaml(content: Buffer): unknown {
  checkLength(content, MAX_YAML);
  try {
    return parseYaml(content);
  } catch {
    return undefined;
  }
}

/**
 * UTF-8 without a byte order mark; invalid bytes become U+FFFD, which no name or version may have.
 * @throws ScanError `file-limit`
 */
export function plainText(content: Buffer, maxBytes: number = MAX_TEXT): string {
  checkLength(content, maxBytes);
  const text = content.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function checkLength(content: Buffer, maxBytes: number): void {
  if (content.length <= maxBytes) return;
  const detail = `it has ${content.length} bytes; of a file of its kind ${maxBytes} are read`;
  throw new ScanError('file-limit', detail);
}

/** The value if it is an object with keys, else an empty one. */
export function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** The value if it is a list, else an empty one. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
