/** The number OpenSSL files a certificate under: SHA-1 over its subject in canonical form (X509_NAME_hash(3)). */
import { createHash } from 'node:crypto';

type Element = { tag: number; start: number; end: number; from: number };

/** Eight hex digits, or null for what is not one PEM certificate. */
export function subjectHash(pem: string): string | null {
  const body = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([\s\S]*?)-----END/.exec(pem)?.[1];
  if (!body) return null;
  const der = Buffer.from(body, 'base64');
  try {
    const fields = children(der, only(children(der, element(der, 0))));
    // tbsCertificate: [0] version, serial, signature, issuer, validity, subject
    const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4];
    if (!subject) return null;
    const canonical = Buffer.concat(
      children(der, subject).map((set) =>
        wrap(0x31, Buffer.concat(children(der, set).map((pair) => attribute(der, pair)))),
      ),
    );
    return createHash('sha1').update(canonical).digest().readUInt32LE(0).toString(16).padStart(8, '0');
  } catch {
    return null;
  }
}

/** Strings become UTF-8, lower case, without blanks at the ends or doubled (OpenSSL, x509_name_canon). */
function attribute(der: Buffer, pair: Element): Buffer {
  const [type, value] = children(der, pair);
  if (!type || !value) throw new Error('not an attribute');
  const raw = der.subarray(value.start, value.end);
  const text = decode(value.tag, raw);
  const oid = der.subarray(type.from, type.end);
  if (text === null) return wrap(0x30, Buffer.concat([oid, der.subarray(value.from, value.end)]));
  const folded = text
    .replace(/[ \t\n\v\f\r]+/g, ' ')
    .replace(/^ | $/g, '')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return wrap(0x30, Buffer.concat([oid, wrap(0x0c, Buffer.from(folded, 'utf8'))]));
}

function decode(tag: number, raw: Buffer): string | null {
  switch (tag) {
    case 0x0c:
      return raw.toString('utf8');
    case 0x13:
    case 0x16:
    case 0x14:
    case 0x1a:
      return raw.toString('latin1');
    case 0x1e:
      return Buffer.from(raw).swap16().toString('utf16le');
    default:
      return null;
  }
}

function element(der: Buffer, from: number): Element {
  const tag = der.readUInt8(from);
  let length = der.readUInt8(from + 1);
  let start = from + 2;
  if (length > 0x80) {
    const bytes = length & 0x7f;
    length = der.readUIntBE(start, bytes);
    start += bytes;
  }
  if (start + length > der.length) throw new Error('an element that ends outside');
  return { tag, start, end: start + length, from };
}

function children(der: Buffer, parent: Element): Element[] {
  const found: Element[] = [];
  for (let at = parent.start; at < parent.end; ) {
    const child = element(der, at);
    found.push(child);
    at = child.end;
  }
  return found;
}

function only(elements: Element[]): Element {
  const [first] = elements;
  if (!first) throw new Error('an empty element');
  return first;
}

function wrap(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
