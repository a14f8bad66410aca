/** Reads the notations that lock files and manifests are written in. What cannot be read is undefined, never an error. */
import { parse as parseTomlText } from 'smol-toml';
import { parseYaml } from '../advisories/yaml.ts';

/** Parsers of TOML and YAML hold many times a text's size; no lock file of a real project comes near. */
const MAX_TOML = 24 * 1024 * 1024;
const MAX_YAML = 16 * 1024 * 1024;

export type Json = { readonly [key: string]: unknown };

/** @returns undefined for what is no JSON */
export function readJson(content: Buffer): unknown {
  try {
    return JSON.parse(plainText(content));
  } catch {
    return undefined;
  }
}

/** @returns undefined for what is no TOML, or too long to be read */
export function readToml(content: Buffer): unknown {
  if (content.length > MAX_TOML) return undefined;
  try {
    return parseTomlText(plainText(content), { maxDepth: 64, integersAsBigInt: 'asNeeded' });
  } catch {
    return undefined;
  }
}

/** Every scalar stays text. @returns undefined for what is no YAML, uses aliases, or is too long to be read */
export function readYaml(content: Buffer): unknown {
  if (content.length > MAX_YAML) return undefined;
  try {
    return parseYaml(content);
  } catch {
    return undefined;
  }
}

/** UTF-8 without a byte order mark; invalid bytes become U+FFFD, which no name or version may have. */
export function plainText(content: Buffer): string {
  const text = content.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
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
