/** Reads a VEX document of any of the three forms. */
import type { z } from 'zod';
import { ScanError } from '../error.ts';
import { Csaf, readCsaf } from './read-csaf.ts';
import { CycloneDxVex, readCycloneDxVex } from './read-cyclonedx.ts';
import { OpenVex, readOpenVex } from './read-openvex.ts';
import { MAX_STATEMENTS, type VexDocument } from './statement.ts';

/** @param name what errors call it, for example the file. @throws ScanError `vex-invalid` */
export function readVex(name: string, bytes: Buffer): VexDocument {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ScanError('vex-invalid', `${name} is no JSON`, { cause });
  }
  const document = readForm(name, value);
  if (!isText(document))
    throw new ScanError('vex-invalid', `${name} holds characters that are none: U+0000 or half of a surrogate pair`);
  if (document.statements.length > MAX_STATEMENTS)
    throw new ScanError('vex-invalid', `${name} has more than ${MAX_STATEMENTS} statements`);
  return document;
}

/** Texts that databases and signatures take: nothing but whole characters, and no end of a string within it. */
function isText(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  return typeof value !== 'object' || value === null || Object.values(value).every(isText);
}

function readForm(name: string, value: unknown): VexDocument {
  const has = (key: string) => typeof value === 'object' && value !== null && key in value;
  if (has('@context')) return readOpenVex(parse(name, 'OpenVEX', OpenVex, value));
  if (has('bomFormat')) return readCycloneDxVex(parse(name, 'CycloneDX with vulnerabilities', CycloneDxVex, value));
  if (has('document')) return readCsaf(parse(name, 'CSAF', Csaf, value));
  throw new ScanError('vex-invalid', `${name} is neither OpenVEX, nor CSAF, nor CycloneDX`);
}

function parse<T>(name: string, form: string, shape: z.ZodType<T>, value: unknown): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ScanError(
    'vex-invalid',
    `${name} is no ${form} at ${issue?.path.join('.') || 'its beginning'}: ${issue?.message}`,
  );
}
