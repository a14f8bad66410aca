/** As much of XML as repositories' lists are made of: elements one after another, attributes, texts. */

import { ComposeError } from '../../error.ts';

const MAX_ELEMENT = 64 * 1024 * 1024;
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export function decodeText(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name)] ?? whole;
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}

/** Attributes of one tag. */
export function attributesOf(tag: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = '', double, single] of tag.matchAll(
    /(?<![\w:.-])([A-Za-z_:][\w:.-]*)\s?=\s?(?:"([^"]*)"|'([^']*)')/g,
  ))
    found[name] = decodeText(double ?? single ?? '');
  return found;
}

/** The text of the first element of a name. */
export function elementText(xml: string, name: string): string | null {
  const open = new RegExp(`<${name}(?:\\s[^<>]*)?>`).exec(xml);
  if (!open) return null;
  const start = open.index + open[0].length;
  const end = xml.indexOf(`</${name}>`, start);
  return end < 0 ? null : decodeText(xml.slice(start, end).trim());
}

/** Attributes of the first element of a name. */
export function elementAttributes(xml: string, name: string): Record<string, string> {
  return attributesOf(new RegExp(`<${name}\\s([^<>]*)>`).exec(xml)?.[1] ?? '');
}

/** Elements of a name that do not lie in each other, one after another, as text. @throws ComposeError `archive-invalid` */
export function* elementsOf(bytes: Buffer, name: string): Generator<string> {
  for (const part of partsOf(bytes, name)) yield part.toString('utf8');
}

/** The same as bytes of the whole, which are not copied. @throws ComposeError `archive-invalid` */
export function* partsOf(bytes: Buffer, name: string): Generator<Buffer> {
  const [open, close] = [`<${name} `, `</${name}>`];
  for (let at = bytes.indexOf(open); at >= 0; ) {
    const end = bytes.indexOf(close, at);
    if (end < 0) return;
    if (end - at > MAX_ELEMENT)
      throw new ComposeError('archive-invalid', `an element ${name} has more than ${MAX_ELEMENT} bytes`);
    yield bytes.subarray(at, end + close.length);
    at = bytes.indexOf(open, end);
  }
}

/** The part between the first tag of a name and its end. */
export function section(xml: string, name: string): string {
  const start = xml.indexOf(`<${name}>`);
  const end = start < 0 ? -1 : xml.indexOf(`</${name}>`, start);
  return end < 0 ? '' : xml.slice(start, end);
}
