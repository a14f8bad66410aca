/** Private keys in armour (PEM, OpenSSH, OpenPGP): found by their first line, and only what can be read as a key counts. */
import type { Severity } from '@pratique/contract';
import type { Found, KeywordKind, Random, Sample } from '../kind.ts';

export type PrivateKeyForm = {
  id: string;
  title: string;
  severity: Severity;
  docs: string;
  /** Of the first line, between `-----BEGIN ` and `-----`. */
  label: string;
  /** What the bytes in the armour are. `other` is what another kind tells. */
  read(armour: Armour): 'key' | 'other';
  write(random: Random): string;
  /** Texts with the same first line that are no such key. */
  misses?(random: Random): string[];
};

export type Armour = { label: string; headers: string; base64: string; bytes: Buffer };

/** RSA keys of 16384 bits have 12 kB; OpenPGP keys with many subkeys more. */
const MAX_ARMOUR = 64 * 1024;

export function privateKey(form: PrivateKeyForm): KeywordKind {
  const begin = `BEGIN ${form.label}-----`;
  const path = 'srv/app/tls/server.key';
  const sampleOf = (text: string): Sample => ({ path, text, secret: bodyOf(text)?.base64 ?? '' });
  return {
    by: 'keyword',
    id: form.id,
    title: form.title,
    severity: form.severity,
    docs: form.docs,
    certain: false,
    ownOnly: true,
    keywords: [begin],
    exact: true,
    scope: 'anywhere',
    find(content, at): Found | null {
      if (content.toString('latin1', Math.max(0, at - 5), at) !== '-----') return null;
      const from = at + begin.length;
      const end = content.subarray(from, from + MAX_ARMOUR).indexOf('-----');
      if (end < 64) return null;
      const armour = readArmour(form.label, content.toString('latin1', from, from + end));
      if (armour === null || form.read(armour) !== 'key') return null;
      return { start: at - 5, end: from + end, secret: armour.base64, shown: `-----${begin}` };
    },
    sample: (random) => sampleOf(form.write(random)),
    nearMisses: (random) => {
      const right = form.write(random);
      const lines = right.split('\n');
      const others = form.misses?.(random) ?? [];
      const certificate = right.replaceAll(form.label, 'CERTIFICATE');
      const noise = [lines[0], 'A'.repeat(64), 'B'.repeat(64), 'C'.repeat(64), `-----END ${form.label}-----`].join(
        '\n',
      );
      return [
        certificate,
        noise,
        `${lines[0]}\n...\n-----END ${form.label}-----\n`,
        `if (text === '${lines[0]}') return;\n`,
        ...others,
      ].map((text) => ({ path, text, secret: '' }));
    },
  };
}

function bodyOf(text: string): Armour | null {
  const match = /-----BEGIN ([A-Z ]+)-----([^]*?)-----END/.exec(text);
  return match ? readArmour(match[1] ?? '', match[2] ?? '') : null;
}

/** Takes line ends as files, JSON and YAML write them; headers (`Proc-Type: 4,ENCRYPTED`) stand before the key. */
function readArmour(label: string, text: string): Armour | null {
  const plain = text.replaceAll(/\\[nr]/g, '\n');
  let headers = '';
  let body = '';
  for (const line of plain.split('\n')) {
    const bare = line.trim().replace(/^["']|["'][\s+,;.]{0,4}$/g, '');
    if (body === '' && /^[A-Za-z-]{3,20}: /.test(bare)) headers += `${bare}\n`;
    // OpenPGP's checksum of the armour.
    else if (!/^=[0-9A-Za-z+/]{4}$/.test(bare)) body += bare;
  }
  const base64 = body.replaceAll(/\s/g, '');
  if (!/^[0-9A-Za-z+/]{60,}={0,3}$/.test(base64)) return null;
  return { label, headers, base64, bytes: Buffer.from(base64, 'base64') };
}

/** Writes bytes as armour of 64 characters a line. */
export function armourOf(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
