/** JSON Web Tokens: three parts, of which two are read. */
import type { Severity } from '@pratique/contract';
import { decodeBase64, decodeObject } from '../checks/decode.ts';
import { isRandom } from '../checks/plausible.ts';
import type { Found, KeywordKind, Random, Sample } from '../kind.ts';
import { writeForm } from '../random-shape.ts';
import { isPartOfWord } from './text-at.ts';

export type Claims = Record<string, unknown>;
export type JwtForm = {
  id: string;
  title: string;
  severity: Severity;
  docs: string;
  /** Null where the token is not of this kind. */
  judge(claims: Claims): Pick<Found, 'severity' | 'title'> | null;
  claims: Claims;
  misses: readonly Claims[];
};

const MAX_BYTES = 8192;
const PARTS = /([0-9A-Za-z_-]{16,1000})\.([0-9A-Za-z_-]{10,6000})\.([0-9A-Za-z_-]{40,1400})(?![\w.-])/y;
/** How `{"` and the first letter of alg, cty, enc, jku, kid, typ, x5t and the like look in base 64. */
const BEGINNINGS = [
  'eyJh',
  'eyJ0',
  'eyJr',
  'eyJj',
  'eyJ4',
  'eyJl',
  'eyJ6',
  'eyJp',
  'eyJ1',
  'eyJq',
  'eyJu',
  'eyJi',
  'eyJ2',
];

export function jsonWebToken(form: JwtForm): KeywordKind {
  const write = (random: Random, claims: Claims): string => {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, jti: writeForm('[0-9a-z]{12}', random) })}.${writeForm('[0-9A-Za-z_-]{43}', random)}`;
  };
  const sampleOf = (text: string): Sample => ({
    path: 'srv/app/settings.txt',
    text: `session ${text}\n`,
    secret: text,
  });
  return {
    by: 'keyword',
    id: form.id,
    title: form.title,
    severity: form.severity,
    docs: form.docs,
    certain: false,
    ownOnly: true,
    keywords: BEGINNINGS,
    exact: true,
    scope: 'text',
    find(content, at, path) {
      if (isPartOfWord(content, at - 1) || path.generated) return null;
      // Most of what begins so is no token: the first part has no end in sight, and costs no more than itself.
      let dot = at;
      while (dot < content.length && dot - at < 1000 && isPartOfToken(content[dot] as number)) dot++;
      if (content[dot] !== 0x2e || dot - at < 16) return null;
      PARTS.lastIndex = 0;
      const match = PARTS.exec(content.toString('latin1', at, Math.min(content.length, at + MAX_BYTES)));
      if (!match) return null;
      const header = decodeObject(decodeBase64(match[1] ?? '')?.toString() ?? '');
      const claims = decodeObject(decodeBase64(match[2] ?? '')?.toString() ?? '');
      if (typeof header?.['alg'] !== 'string' || claims === null || !isRandom((match[3] ?? '').slice(0, 64)))
        return null;
      // The token that every manual shows.
      if (claims['sub'] === '1234567890' || claims['name'] === 'John Doe') return null;
      const verdict = form.judge(claims);
      if (verdict === null) return null;
      const expired = typeof claims['exp'] === 'number' && path.now !== null && claims['exp'] * 1000 < path.now;
      const worth = expired ? { severity: 'low' as const, title: `${verdict.title ?? form.title} (expired)` } : verdict;
      return { start: at, end: at + match[0].length, secret: match[0], shown: 'eyJ', ...worth };
    },
    sample: (random) => sampleOf(write(random, form.claims)),
    nearMisses: (random) => {
      const right = write(random, form.claims);
      const broken = `eyJhbGciOiJIUzI1NiJ9.${writeForm('[0-9A-Za-z_-]{40}', random)}.${writeForm('[0-9A-Za-z_-]{43}', random)}`;
      const example = write(random, { sub: '1234567890', name: 'John Doe', iat: 1516239022 });
      return [
        broken,
        example,
        right.slice(0, right.lastIndexOf('.') + 9),
        ...form.misses.map((claims) => write(random, claims)),
      ].map(sampleOf);
    },
  };
}

function isPartOfToken(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x5f ||
    byte === 0x2d
  );
}
