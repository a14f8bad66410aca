/** Finds in JSON texts what makes readers disagree on them. */

const MAX_DEPTH = 64;

/**
 * Looks for nesting that is too deep and for keys that an object has twice. Go's decoder ignores the case of keys, so
 * keys that differ in case alone count as the same: what is scanned here must be what a runtime unpacks.
 *
 * @param text valid JSON; of anything else the answer means nothing
 * @param options `exactCase` for readers that tell keys apart by their case, as the Kubernetes API does
 * @returns a sentence about the first trouble, or null
 * @see RFC 8259, section 4; Go encoding/json, "Unmarshal"
 */
export function findAmbiguity(text: string, options: { exactCase?: boolean } = {}): string | null {
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : null);
      if (open.length > MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH} levels`;
    } else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keys && isKey(text, end)) {
        const key = text.slice(at + 1, end);
        const plain = key.includes('\\') ? unescape(key) : key;
        const folded = options.exactCase ? plain : fold(plain);
        if (keys.has(folded)) return `it has the key ${JSON.stringify(key.slice(0, 100))} twice`;
        keys.add(folded);
      }
      at = end;
    }
  }
  return null;
}

/** As Go folds: the long s and the Kelvin sign are an s and a k. */
const fold = (key: string) => key.toUpperCase().toLowerCase();

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function isKey(text: string, end: number): boolean {
  let at = end + 1;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return text[at] === ':';
}

function unescape(key: string): string {
  try {
    return String(JSON.parse(`"${key}"`));
  } catch {
    return key;
  }
}
