/** Reads the few things wanted of a large XML document, element by element, in time that grows with its length alone. */

/** What lies in one element: texts and attributes of all elements below it, by name. */
export type XmlElement = {
  attribute(name: string): string | undefined;
  /** The text of the first element of this name that lies directly below. */
  text(name: string): string | undefined;
  /** Every element of this name at any depth below, with its attributes. */
  all(name: string): { attribute(name: string): string | undefined }[];
};

const MAX_DEPTH = 100;
const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]*$/;

/**
 * Hands out each element of a name. Document types are refused: nothing that is read needs entities of its own, and
 * they are how small documents become large ones.
 * @throws Error for what is no XML
 */
export function* readElements(text: string, wanted: string): Generator<XmlElement> {
  const path: string[] = [];
  let current: Builder | null = null;
  let depth = 0;
  let own = '';
  let at = 0;
  for (let open = text.indexOf('<'); open >= 0; open = text.indexOf('<', at)) {
    if (current) own += text.slice(at, open);
    if (text.startsWith('<!--', open)) {
      at = after(text, '-->', open);
      continue;
    }
    if (text.startsWith('<![CDATA[', open)) {
      at = after(text, ']]>', open);
      if (current) own += escape(text.slice(open + 9, at - 3));
      continue;
    }
    if (text.startsWith('<!', open)) throw new Error('it has a document type');
    at = after(text, '>', open);
    if (text.startsWith('<?', open)) continue;
    const tag = text.slice(open + 1, at - 1);
    if (tag.startsWith('/')) {
      const name = tag.slice(1).trim();
      if (path.pop() !== name) throw new Error(`</${name.slice(0, 50)}> closes what is not open`);
      if (current && path.length === depth) {
        yield current.element();
        current = null;
      } else if (current && path.length === depth + 1) current.setText(name, unescape(own));
      own = '';
      continue;
    }
    const empty = tag.endsWith('/');
    const name = /^[^\s/]+/.exec(tag)?.[0] ?? '';
    if (!NAME.test(name)) throw new Error('a tag has no name');
    const attributes = (empty ? tag.slice(0, -1) : tag).slice(name.length);
    if (current) current.add(name, attributes);
    else if (name === wanted) {
      current = new Builder(attributes);
      depth = path.length;
      if (empty) {
        yield current.element();
        current = null;
      }
    }
    own = '';
    if (empty) continue;
    path.push(name);
    if (path.length > MAX_DEPTH) throw new Error(`its elements are nested more than ${MAX_DEPTH} deep`);
  }
  if (path.length > 0) throw new Error('it is cut off');
}

class Builder {
  readonly #attributes: string;
  readonly #texts = new Map<string, string>();
  readonly #below = new Map<string, string[]>();
  constructor(attributes: string) {
    this.#attributes = attributes;
  }
  setText(name: string, text: string): void {
    if (!this.#texts.has(name)) this.#texts.set(name, text);
  }
  add(name: string, attributes: string): void {
    const before = this.#below.get(name);
    if (before) before.push(attributes);
    else this.#below.set(name, [attributes]);
  }
  element(): XmlElement {
    return {
      attribute: (name) => attribute(this.#attributes, name),
      text: (name) => this.#texts.get(name)?.trim(),
      all: (name) => (this.#below.get(name) ?? []).map((text) => ({ attribute: (wanted) => attribute(text, wanted) })),
    };
  }
}

function attribute(text: string, wanted: string): string | undefined {
  for (const [, name, double, single] of text.matchAll(/([A-Za-z_][A-Za-z0-9_.:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    if (name === wanted) return unescape(double ?? single ?? '');
  return undefined;
}

function after(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from);
  if (at < 0) throw new Error('it is cut off');
  return at + end.length;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const unescape = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (all, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name as string] ?? all;
    const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
