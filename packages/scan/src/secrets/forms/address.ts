/** Addresses with a user and a password in them: `postgres://user:password@host/`. */
import type { Severity } from '@pratique/contract';
import { isNoPassword } from '../checks/plausible.ts';
import type { KeywordKind, Random, Sample } from '../kind.ts';
import { writeForm } from '../random-shape.ts';
import { isPartOfWord } from './text-at.ts';

export type AddressForm = {
  id: string;
  title: string;
  severity?: Severity;
  docs: string;
  /** With `://`. */
  schemes: readonly string[];
  scope?: KeywordKind['scope'];
};

/** Who, the password, the host; each at most so long that the whole is one look. */
const REST = /([^\s:@/"'`<>\\,;|()]{0,80}):([^\s@/"'`<>\\,;|]{3,128})@([\w.-]{1,120})/y;
const WINDOW = 340;
/** Hosts of manuals, and machines that nobody else reaches. */
const NOWHERE =
  /^(?:localhost|127\.|0\.0\.0\.0|host|hostname|hostspec|server|servername|example|database|ip|address|domain|proxy|url|your|my[-_.]?(?:host|server|proxy)|the[-_]?host|remote|foo|bar|test)|(?:^|\.)(?:example|invalid|test|localhost)(?:\.(?:com|net|org))?$|(?:host|hostname)$|^\d{1,3}$/i;

export function address(form: AddressForm): KeywordKind {
  const secretOf = (random: Random): string => writeForm('[0-9A-Za-z_]{18}', random);
  const sampleOf = (text: string, secret: string): Sample => ({
    path: 'srv/app/settings.txt',
    text: `url: "${text}"\n`,
    secret,
  });
  const scheme = form.schemes[0] ?? '';
  return {
    by: 'keyword',
    id: form.id,
    title: form.title,
    severity: form.severity ?? 'high',
    docs: form.docs,
    certain: false,
    ownOnly: true,
    keywords: form.schemes,
    exact: false,
    scope: form.scope ?? 'text',
    find(content, at, path, keyword) {
      if (path.place !== 'own' || path.generated || isPartOfWord(content, at - 1)) return null;
      const from = at + keyword.length;
      REST.lastIndex = 0;
      const match = REST.exec(content.toString('latin1', from, Math.min(content.length, from + WINDOW)));
      if (match === null) return null;
      const [, user = '', password = '', host = ''] = match;
      if (isNoPassword(password) || NOWHERE.test(host)) return null;
      if (/^(?:scott|anonymous|user|username|usr|me|login)$/i.test(user)) return null;
      if (password.toLowerCase() === user.toLowerCase() || (password.length < 6 && !/\d/.test(password))) return null;
      const start = from + user.length + 1;
      return { start, end: start + password.length, secret: password, shown: keyword };
    },
    sample(random) {
      const secret = secretOf(random);
      return sampleOf(`${scheme}shop:${secret}@db-1.internal.made-up.io:5432/shop`, secret);
    },
    nearMisses: (random) => [
      sampleOf(`${scheme}shop:${secretOf(random)}@localhost/shop`, ''),
      sampleOf(`${scheme}shop:${secretOf(random)}@db.example.com/shop`, ''),
      sampleOf(`${scheme}shop:\${DB_PASSWORD}@db-1.internal.made-up.io/shop`, ''),
      sampleOf(`${scheme}user:password@db-1.internal.made-up.io/shop`, ''),
      sampleOf(`${scheme}db-1.internal.made-up.io/shop`, ''),
    ],
  };
}
