/** Reads os-release: which distribution an image says it is. */
import type { Distribution } from '@pratique/contract';
import { printable } from '../printable.ts';

export const OS_RELEASE_PATHS: readonly string[] = ['etc/os-release', 'usr/lib/os-release'];

/**
 * Parses os-release; null where it names no distribution.
 * @see os-release(5)
 */
export function parseOsRelease(content: Buffer): Distribution | null {
  const fields = new Map<string, string>();
  for (const line of content.toString('utf8', 0, 64 * 1024).split('\n')) {
    const match = /^\s*([A-Z0-9_]+)=(.*)$/.exec(line);
    if (match?.[1]) fields.set(match[1], unquote(match[2]?.trim() ?? ''));
  }
  const id = fields.get('ID')?.toLowerCase() ?? '';
  if (!/^[a-z0-9._-]{1,64}$/.test(id)) return null;
  const version = printable(fields.get('VERSION_ID') ?? '', 64);
  return {
    id,
    version,
    // Debian testing and sid have no VERSION_ID; older releases have no VERSION_CODENAME but name it in VERSION.
    codename: codenameOf(fields),
    name: printable(fields.get('PRETTY_NAME') || fields.get('NAME') || `${id} ${version}`.trim(), 200),
  };
}

function codenameOf(fields: ReadonlyMap<string, string>): string | null {
  const codename = fields.get('VERSION_CODENAME') || /\(([a-z]+)\)/.exec(fields.get('VERSION') ?? '')?.[1];
  return codename !== undefined && /^[a-z0-9._/-]{1,64}$/.test(codename) ? codename : null;
}

function unquote(text: string): string {
  const quote = text[0];
  if (text.length >= 2 && (quote === '"' || quote === "'") && text.endsWith(quote))
    return text.slice(1, -1).replace(/\\([$"'\\`])/g, '$1');
  return text;
}
