/** Values whose names say that they are secret, in files of settings alone. What no issuer marks is easily mistaken: little weight. */
import type { Severity } from '@pratique/contract';
import { isNoPassword, isRandom } from '../checks/plausible.ts';
import type { KeywordKind, Kind, Random, Sample } from '../kind.ts';
import { writeForm } from '../random-shape.ts';

type GenericForm = {
  id: string;
  title: string;
  severity: Severity;
  docs: string;
  names: readonly string[];
  /** The rest of the name, the sign, then the value as group 1. */
  check(value: string): boolean;
  sample: string;
  name: string;
};

const ASSIGNMENT =
  /[\w.-]{0,24}["'\]]{0,2}[ \t]{0,8}(?:=|:)[ \t]{0,8}(?:"([^"\n]{6,256})"|'([^'\n]{6,256})'|([^\s"'#,;]{6,256}))(?=[\s"',;#}\]]|$)/y;
const TAG = /[\w.-]{0,24}>([^<>\s]{6,256})<\//y;
const WINDOW = 320;
/** Names of things about secrets that are none themselves. */
const ABOUT =
  /(?:id|file|path|dir|name|url|uri|host|policy|type|hash|length|len|min|max|age|days|expir\w*|timeout|ttl|field|prompt|label|title|hint|help|text|reset|rotation|required|enabled?|disabled?|algorithm|header|prefix|suffix|format|regex|pattern|ref|store|provider|backend|manager|version|count|limit|auth|encoding|scheme|command|cmd|style|class|color|change|warn\w*|retry|lock\w*|template|key_?ring|arn|used|date|time|at|by|updated|created|created_?at)["'\]]{0,2}$/i;

function generic(form: GenericForm): KeywordKind {
  const sampleOf = (value: string, secret: string): Sample => ({
    path: 'srv/app/.env',
    text: `${form.name}=${value}\n`,
    secret,
  });
  return {
    by: 'keyword',
    id: form.id,
    title: form.title,
    severity: form.severity,
    docs: form.docs,
    certain: false,
    ownOnly: true,
    keywords: form.names,
    exact: false,
    scope: 'configuration',
    find(content, at, path, keyword) {
      if (path.place !== 'own' || path.generated) return null;
      const from = at + keyword.length;
      const text = content.toString('latin1', from, Math.min(content.length, from + WINDOW));
      const before = content.toString('latin1', Math.max(0, at - 60), at);
      const line = before.slice(before.lastIndexOf('\n') + 1);
      if (ILLUSTRATION.test(path.base) || /(?:^|\s)(?:#|\/\/|;|--)|public|example|^\s*\*/i.test(line)) return null;
      // The name's own beginning: of a page of results, of a form, or a file's or resource's name.
      const name = /[^\s"'=,{[(]*$/.exec(line)?.[0] ?? '';
      if (/[/:]|next|continuation|page|cursor|csrf|xsrf|marker|cancel|last|old/i.test(name)) return null;
      ASSIGNMENT.lastIndex = 0;
      TAG.lastIndex = 0;
      const match = ASSIGNMENT.exec(text) ?? TAG.exec(text);
      const value = match?.[1] ?? match?.[2] ?? match?.[3];
      if (!match || value === undefined) return null;
      const sign = match[0].search(/["'\]]{0,2}[ \t]{0,8}[=:>]/);
      if (ABOUT.test(keyword + match[0].slice(0, sign)) || isElsewhere(value) || !form.check(value)) return null;
      const start = from + match[0].lastIndexOf(value);
      return { start, end: start + value.length, secret: value, shown: '' };
    },
    sample(random: Random) {
      const value = writeForm(form.sample, random);
      return sampleOf(value, value);
    },
    nearMisses: (random) => [
      ...[
        'changeme',
        '${PASSWORD}',
        '/run/secrets/password',
        'vault:secret/data/shop',
        'true',
        '',
        'https://made-up.io/password',
        '{{ .Values.password }}',
        'AQICAHh',
      ].map((value) => sampleOf(value, '')),
      { path: 'srv/app/notes.txt', text: `${form.name}=${writeForm(form.sample, random)}\n`, secret: '' },
      { path: 'srv/app/.env', text: `# ${form.name}=${writeForm(form.sample, random)}\n`, secret: '' },
    ],
  };
}

/** Files that show how settings look. */
const ILLUSTRATION = /example|sample|template|schema|fixture|mock|spec|messages|locale|swagger|openapi/;

/** A path, an address, a reference to where the secret is kept, something encrypted, or an expression. */
function isElsewhere(value: string): boolean {
  return (
    /^(?:\.{0,2}\/|~\/|[a-z][\w+.-]{1,20}:(?:\/\/|[a-z/])|[A-Z]:\\|ENC\[|ENC\(|\{cipher\}|!|arn:|projects\/|op:|\/run\/|data:|sha\d+[-:]|\$ANSIBLE_VAULT|AQICAH|-----)/.test(
      value,
    ) ||
    /\(.*\)$|\$|`|\{\{|^\[|^\{|^<|^%|^&|^\*|^@/.test(value) ||
    /^[\w-]+(?:\.[\w-]+){2,}$/.test(value) ||
    /^[a-z_]\w*(?:\.[a-z_]\w*)+$/i.test(value) ||
    /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value) ||
    /^\d{4}-\d\d-\d\d/.test(value) ||
    /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)
  );
}

export const GENERIC: readonly Kind[] = [
  generic({
    id: 'generic-api-key',
    title: 'Key or token in a file of settings',
    severity: 'low',
    docs: 'https://cwe.mitre.org/data/definitions/798.html',
    names: [
      'api_key',
      'apikey',
      'api-key',
      'secret',
      'token',
      'access_key',
      'accesskey',
      'access-key',
      'private_key',
      'auth_key',
      'encryption_key',
      'signing_key',
      'credential',
    ],
    check: (value) =>
      value.length >= 16 &&
      value.length <= 160 &&
      /^[\w+/=.~-]+$/.test(value) &&
      /\d/.test(value) &&
      /[A-Za-z]/.test(value) &&
      isRandom(value),
    sample: '[0-9A-Za-z]{32}',
    name: 'SHOP_SIGNING_SECRET',
  }),
  generic({
    id: 'generic-password',
    title: 'Password in a file of settings',
    severity: 'low',
    docs: 'https://cwe.mitre.org/data/definitions/798.html',
    names: ['password', 'passwd', 'passphrase', '_pwd', '_pass', 'userpass', 'dbpass'],
    check: (value) =>
      value.length >= 8 &&
      value.length <= 100 &&
      !/\s/.test(value) &&
      !isNoPassword(value) &&
      classes(value) >= 2 &&
      !/^[a-z]+[-_.][a-z-_.]+$/i.test(value),
    sample: '[0-9A-Za-z_]{18}',
    name: 'SHOP_DB_PASSWORD',
  }),
];

function classes(value: string): number {
  return [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((one) => one.test(value)).length;
}
