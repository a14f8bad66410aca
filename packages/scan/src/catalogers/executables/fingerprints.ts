/** Well-known programs that say their own version, told by the file's name and a text that only they contain. */
import type { Passing } from './passing.ts';

type Fingerprint = {
  name: string;
  file: RegExp;
  /** The text to look for; a function of what `file` captured, where versions name files. */
  near: string | ((match: RegExpExecArray) => string);
  /** Applied to what surrounds that text; the first group is the version. */
  version: RegExp | ((match: RegExpExecArray) => RegExp);
  before?: number;
};

/** In the order of their names. */
const FINGERPRINTS: readonly Fingerprint[] = [
  { name: 'bash', file: /^bash$/, near: '@(#)Bash version ', version: /version ([0-9]+\.[0-9]+\.[0-9]+)\(/ },
  { name: 'busybox', file: /^busybox(?:\..*)?$/, near: 'BusyBox v', version: /BusyBox v([0-9]+\.[0-9]+\.[0-9]+)/ },
  {
    name: 'curl',
    file: /^(?:curl|libcurl(?:-gnutls|-nss)?\.so.*)$/,
    near: 'curl',
    version: /^curl[/ ]([0-9]+\.[0-9]+\.[0-9]+)(?![0-9.])/,
  },
  { name: 'erlang', file: /^beam\.smp$/, near: '/otp_src_', version: /\/otp_src_([0-9]+(?:\.[0-9]+)*)\// },
  { name: 'git', file: /^git$/, near: 'git/', version: /git\/([0-9]+\.[0-9]+\.[0-9]+(?:\.[0-9]+)?)\0/ },
  { name: 'haproxy', file: /^haproxy$/, near: '\x002.', version: /\0(2\.[0-9]+\.[0-9]+)(?:-[\w.+~]+)?\0/ },
  { name: 'haproxy', file: /^haproxy$/, near: '\x003.', version: /\0(3\.[0-9]+\.[0-9]+)(?:-[\w.+~]+)?\0/ },
  { name: 'httpd', file: /^(?:httpd|apache2)$/, near: 'Apache/', version: /Apache\/([0-9]+\.[0-9]+\.[0-9]+)/ },
  {
    name: 'mariadb',
    file: /^(?:mariadbd?|mysqld)$/,
    near: '-MariaDB',
    version: /\0([0-9]+\.[0-9]+\.[0-9]+)-MariaDB/,
    before: 24,
  },
  { name: 'memcached', file: /^memcached$/, near: 'memcached 1', version: /memcached ([0-9]+\.[0-9]+\.[0-9]+)/ },
  { name: 'mysql', file: /^mysqld?$/, near: '/mysql-', version: /\/mysql-([0-9]+\.[0-9]+\.[0-9]+)\// },
  {
    name: 'nginx',
    file: /^nginx(?:-debug)?$/,
    near: 'nginx version: ',
    version: /nginx version: nginx\/([0-9]+\.[0-9]+\.[0-9]+)/,
  },
  {
    name: 'node',
    file: /^(?:node|nodejs|libnode\.so.*)$/,
    near: 'node.js/v',
    version: /node\.js\/v([0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.]+)?)/,
  },
  {
    name: 'openssl',
    file: /^(?:openssl|libcrypto[.-].*)$/,
    near: 'OpenSSL ',
    version:
      /OpenSSL ([0-9]+\.[0-9]+\.[0-9]+(?:[a-z]{1,2}|-(?:alpha|beta|pre)[0-9]+)?)(?:\+[\w.]+)? +[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}/,
  },
  {
    name: 'perl',
    file: /^(?:perl|libperl\.so.*)$/,
    near: 'lib/perl5/',
    version: /lib\/perl5\/(?:site_perl\/)?([0-9]\.[0-9]+\.[0-9]+)/,
  },
  {
    name: 'php',
    file: /^(?:php[0-9.]*|php-fpm[0-9.]*|libphp[0-9.]*\.so)$/,
    near: 'X-Powered-By: PHP/',
    version: /PHP\/([0-9]+\.[0-9]+\.[0-9]+(?:-?(?:alpha|beta|RC)[0-9]+)?)/,
  },
  {
    name: 'postgresql',
    file: /^postgres$/,
    near: '(PostgreSQL) ',
    version: /\(PostgreSQL\) ([0-9]+(?:\.[0-9]+)+|[0-9]+(?:beta|rc|devel)[0-9]*)/,
  },
  {
    name: 'python',
    file: /^(?:lib)?python([23]\.[0-9]{1,2})t?(?:m|d)?(?:\.so.*)?$/,
    near: (match) => `\0${match[1]}.`,
    version: (match) => new RegExp(`\\0(${(match[1] ?? '').replace('.', '\\.')}\\.[0-9]+(?:(?:a|b|rc)[0-9]+)?)\\+?\\0`),
  },
  // The version and the build's number in one: the host, the seconds since 1970, and nothing for the commit.
  {
    name: 'redis',
    file: /^redis-(?:server|sentinel|check-(?:rdb|aof))$/,
    near: '000000000\0',
    version: /(?:^|[^0-9.])([0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}?)(?:[A-Za-z][\w.-]*-)?1[0-9]{9}000000000\0/,
    before: 128,
  },
  {
    name: 'ruby',
    file: /^(?:ruby[0-9.]*|libruby.*\.so.*)$/,
    near: 'ruby ',
    version: /ruby ([0-9]+\.[0-9]+\.[0-9]+)(?:p[0-9]+|(?:preview|rc)[0-9]+)? ?\([0-9]{4}-/,
  },
];

/** Bytes behind the beginning of the text. */
const AFTER = 96;
const MOST = 2000;

export type Prepared = { name: string; near: Buffer; version: RegExp; before: number };

/** The fingerprints whose file names fit; for nearly all files there is none. */
export function fingerprintsFor(path: string): Prepared[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return FINGERPRINTS.flatMap((each) => {
    const match = each.file.exec(name);
    if (!match) return [];
    const near = typeof each.near === 'string' ? each.near : each.near(match);
    const version = each.version instanceof RegExp ? each.version : each.version(match);
    return [{ name: each.name, near: Buffer.from(near, 'latin1'), version, before: each.before ?? 0 }];
  });
}

/** Finds at most one version for each name: the first in the file. */
export class ProgramFinder {
  readonly #found = new Map<string, string>();

  constructor(fingerprints: readonly Prepared[], passing: Passing) {
    for (const { name, near, version, before } of fingerprints)
      passing.seek({
        bytes: near,
        before,
        after: AFTER,
        most: MOST,
        found: (around) => {
          if (this.#found.has(name)) return;
          const match = version.exec(around.toString('latin1'));
          if (match?.[1]) this.#found.set(name, match[1]);
        },
      });
  }

  result(): { name: string; version: string }[] {
    return [...this.#found].map(([name, version]) => ({ name, version }));
  }
}
