/** Takes a purl apart and no more: for thousands of them, where nobody asks for the canonical form. */

export type PurlParts = {
  type: string;
  namespace?: string | undefined;
  name: string;
  version?: string | undefined;
  qualifiers?: Record<string, string | undefined> | undefined;
};

/**
 * Letters keep their case, since Go's advisories, for one, tell them apart.
 * @returns null for what is no purl
 * @see purl-spec, PURL-SPECIFICATION.rst, "How to parse a purl string in its components"
 */
export function splitPurl(text: string): PurlParts | null {
  if (!text.startsWith('pkg:')) return null;
  try {
    const [before = ''] = text.slice('pkg:'.length).split('#', 1);
    const question = before.indexOf('?');
    const path = (question < 0 ? before : before.slice(0, question)).replace(/^\/+|\/+$/g, '');
    const slash = path.indexOf('/');
    const at = path.lastIndexOf('@');
    const versioned = at > path.lastIndexOf('/');
    const segments = path.slice(slash + 1, versioned ? at : undefined).split('/');
    const type = path.slice(0, Math.max(0, slash)).toLowerCase();
    const name = decode(segments.pop() ?? '');
    if (!/^[a-z][a-z0-9.+-]*$/.test(type) || name === '') return null;
    const namespace = segments
      .filter((part) => part !== '')
      .map(decode)
      .join('/');
    return {
      type,
      name,
      ...(namespace === '' ? {} : { namespace }),
      ...(versioned ? { version: decode(path.slice(at + 1)) } : {}),
      ...(question < 0 ? {} : { qualifiers: readQualifiers(before.slice(question + 1)) }),
    };
  } catch {
    return null; // an escape that is none
  }
}

function readQualifiers(text: string): Record<string, string> {
  const qualifiers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=');
    if (equals > 0) qualifiers[pair.slice(0, equals).toLowerCase()] = decode(pair.slice(equals + 1));
  }
  return qualifiers;
}

const decode = (text: string): string => (text.includes('%') ? decodeURIComponent(text) : text);
