/** Reads the records that PEAR and PECL keep of what they installed. */
import { isVisible } from '../../printable.ts';
import { spdxLicence } from '../licence.ts';
import type { Pinned } from '../lock.ts';

const MAX_RECORD = 16 * 1024 * 1024;
const MAX_DEPTH = 64;

type Value = string | Map<string, Value> | null;

/** @returns null for a record that names no package, channel and version; throws nothing */
export function parsePear(content: Buffer): (Pinned & { channel: string }) | null {
  if (content.length > MAX_RECORD) return null;
  // Lengths count bytes, as characters of this encoding do.
  const record = new Reader(content.toString('latin1')).read(0);
  const [name, channel] = [textOf(at(record, 'name')), textOf(at(record, 'channel'))];
  const version = textOf(at(at(record, 'version'), 'release'));
  const named = /^[A-Za-z][A-Za-z0-9_.]{0,199}$/.test(name) && /^[a-z0-9][a-z0-9.-]{0,199}$/i.test(channel);
  if (!named || !isVisible(version)) return null;
  const licence = at(record, 'license');
  const text = textOf(licence) || textOf(at(licence, '_content'));
  return { name, channel, version, licenses: text === '' ? [] : [spdxLicence(text)] };
}

function at(value: Value, key: string): Value {
  return value instanceof Map ? (value.get(key) ?? null) : null;
}

function textOf(value: Value): string {
  return typeof value === 'string' ? value : '';
}

/** Serialised values of PHP: texts and arrays of them; others are passed over. @see PHP manual, `serialize` */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** @returns null for what is no value, or one of another kind; nothing is read after damage */
  read(depth: number): Value {
    const kind = this.#text[this.#at];
    if (kind === 's') return this.#string();
    if (kind === 'a' && depth < MAX_DEPTH) return this.#array(depth);
    const end = this.#text.indexOf(';', this.#at);
    const scalar =
      end >= 0 && /^(?:N|[bid]:[^;{}"]{1,40})$/.test(this.#text.slice(this.#at, Math.min(end, this.#at + 50)));
    if (!scalar) return this.#stop();
    const value = this.#text.slice(this.#at + 2, end);
    this.#at = end + 1;
    return kind === 'i' ? value : null;
  }

  #string(): Value {
    const head = /^s:([0-9]{1,9}):"/.exec(this.#text.slice(this.#at, this.#at + 20));
    if (!head) return this.#stop();
    const start = this.#at + head[0].length;
    const end = start + Number(head[1]);
    if (!this.#text.startsWith('";', end)) return this.#stop();
    this.#at = end + 2;
    return this.#text.slice(start, end);
  }

  #array(depth: number): Value {
    const head = /^a:([0-9]{1,9}):\{/.exec(this.#text.slice(this.#at, this.#at + 20));
    if (!head) return this.#stop();
    this.#at += head[0].length;
    const values = new Map<string, Value>();
    for (let left = Number(head[1]); left > 0 && this.#at < this.#text.length; left -= 1) {
      const key = this.read(depth + 1);
      const value = this.read(depth + 1);
      if (typeof key === 'string') values.set(key, value);
    }
    if (this.#text[this.#at] !== '}') return this.#stop();
    this.#at += 1;
    return values;
  }

  #stop(): null {
    this.#at = this.#text.length;
    return null;
  }
}
