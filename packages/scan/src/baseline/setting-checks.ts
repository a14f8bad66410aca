/** Checks of settings in files: users, logins, encryption, where packages come from. */
import { type Check, linesOf, ofContents } from './check.ts';
import { APK, APT, GIT, NGINX, NPM, OPENSSL, PIP, SSHD, SUDOERS, YUM } from './wants.ts';

const CIS = ['cis-docker-4', 'hardened'] as const;
const HARD = ['hardened'] as const;

const having = (lines: readonly string[], test: RegExp): string[] => lines.filter((line) => test.test(line));

export const SETTING_CHECKS: readonly Check[] = [
  {
    id: 'password-empty',
    title: 'No user has an empty password',
    reason: 'Whoever asks for that user gets in.',
    fix: 'Lock the password: passwd -l USER.',
    severity: 'critical',
    profiles: HARD,
    run: ofContents(
      'etc/shadow',
      (path) => path === 'etc/shadow',
      (text) =>
        text
          .split('\n')
          .filter((line) => /^[^:]+::/.test(line))
          .map((line) => `the user ${line.split(':')[0]}`),
    ),
  },
  {
    id: 'second-root',
    title: 'root alone has the number 0',
    reason: 'Another name for root escapes who looks for root.',
    fix: 'Give the user a number of its own.',
    severity: 'critical',
    profiles: HARD,
    run: ofContents(
      'etc/passwd',
      (path) => path === 'etc/passwd',
      (text) =>
        text
          .split('\n')
          .filter((line) => /^[^:]*:[^:]*:0+:/.test(line) && !line.startsWith('root:'))
          .map((line) => `the user ${line.split(':')[0]}`),
    ),
  },
  {
    id: 'password-in-passwd',
    title: 'No password stands in etc/passwd',
    reason: 'Everybody may read that file.',
    fix: 'Run pwconv.',
    severity: 'high',
    profiles: HARD,
    run: ofContents(
      'etc/passwd',
      (path) => path === 'etc/passwd',
      (text) =>
        text
          .split('\n')
          .filter((line) => /^[^:]+:(?!x:|\*:|!+:|\*LK\*:)/.test(line))
          .map((line) => `the user ${line.split(':')[0]}`),
    ),
  },
  {
    id: 'sudo-without-password',
    title: 'sudo asks for a password',
    reason: 'NOPASSWD makes a foothold in that user a foothold in root.',
    fix: 'Remove NOPASSWD, or sudo.',
    severity: 'high',
    profiles: HARD,
    run: ofContents(
      'settings of sudo',
      (path) => SUDOERS.test(path),
      (text) => having(linesOf(text), /\bNOPASSWD\s*:/),
    ),
  },
  {
    id: 'sshd-root-login',
    title: 'The SSH server lets nobody in as root by password',
    reason: 'root is the one name that everybody can guess.',
    fix: 'PermitRootLogin no.',
    severity: 'high',
    profiles: HARD,
    run: ofContents(
      'settings of sshd',
      (path) => SSHD.test(path),
      (text) => having(linesOf(text), /^PermitRootLogin[\s=]+"?yes/i),
    ),
  },
  {
    id: 'sshd-passwords',
    title: 'The SSH server takes no passwords',
    reason: 'Passwords are guessed.',
    fix: 'PasswordAuthentication no, PermitEmptyPasswords no.',
    severity: 'medium',
    profiles: HARD,
    run: ofContents(
      'settings of sshd',
      (path) => SSHD.test(path),
      (text) => having(linesOf(text), /^(PasswordAuthentication|PermitEmptyPasswords)[\s=]+"?yes/i),
    ),
  },
  {
    id: 'sshd-weak-algorithms',
    title: 'The SSH server uses no broken algorithms',
    reason: 'CBC, RC4, 3DES, MD5 and SHA-1 key exchange can be broken.',
    fix: "Remove the line: the server's own choice is better.",
    severity: 'medium',
    profiles: HARD,
    run: ofContents(
      'settings of sshd',
      (path) => SSHD.test(path),
      (text) =>
        having(
          linesOf(text),
          /^(Ciphers|MACs|KexAlgorithms|HostKeyAlgorithms|PubkeyAcceptedKeyTypes|PubkeyAcceptedAlgorithms)[\s=]+(?![-^])[^#]*(arcfour|3des-cbc|blowfish-cbc|cast128-cbc|aes(128|192|256)-cbc|hmac-md5|hmac-sha1-96|diffie-hellman-group1-sha1|diffie-hellman-group14-sha1|diffie-hellman-group-exchange-sha1|ssh-dss)|^Protocol[\s=]+.*1/i,
        ),
    ),
  },
  {
    id: 'openssl-weak',
    title: 'OpenSSL keeps to its safe defaults',
    reason: 'Old protocols and short keys can be broken.',
    fix: 'Remove MinProtocol, SECLEVEL and Options that loosen the defaults.',
    severity: 'medium',
    profiles: CIS,
    run: ofContents(
      'settings of OpenSSL',
      (path) => OPENSSL.test(path),
      (text) =>
        having(
          linesOf(text),
          /^MinProtocol\s*=\s*(None|SSLv3|TLSv1(\.0|\.1)?)\s*$|^(CipherString|Ciphersuites)\s*=.*(SECLEVEL\s*=\s*0|eNULL|aNULL(?!:!)|:?(?<![!-])(RC4|LOW|EXPORT))|^Options\s*=.*Unsafe(Legacy)?(Server|Client)?(Renegotiation)/i,
        ),
    ),
  },
  {
    id: 'nginx-old-protocols',
    title: 'nginx speaks no protocol older than TLS 1.2',
    reason: 'SSL 3, TLS 1.0 and 1.1 can be broken.',
    fix: 'ssl_protocols TLSv1.2 TLSv1.3;',
    severity: 'medium',
    profiles: HARD,
    run: ofContents(
      'settings of nginx',
      (path) => NGINX.test(path),
      (text) =>
        having(
          linesOf(text),
          /^(ssl_protocols|proxy_ssl_protocols|grpc_ssl_protocols)\s+[^;]*(SSLv[23]|TLSv1(\.0|\.1)?(\s|;|$))/,
        ),
    ),
  },
  {
    id: 'nginx-weak-ciphers',
    title: 'nginx offers no broken ciphers',
    reason: 'RC4, 3DES, export and anonymous ciphers can be broken.',
    fix: 'Remove them from ssl_ciphers.',
    severity: 'medium',
    profiles: HARD,
    run: ofContents(
      'settings of nginx',
      (path) => NGINX.test(path),
      (text) =>
        having(
          linesOf(text),
          /^ssl_ciphers\s+.*(^|[\s"':])(ALL|RC4|3DES|DES-CBC3?|EXPORT|LOW|MD5|aNULL|eNULL|NULL|ADH)([\s"':;+-]|$)/,
        ),
    ),
  },
  {
    id: 'nginx-lists-folders',
    title: 'nginx does not list folders',
    reason: 'A list shows files that nobody was meant to find.',
    fix: 'autoindex off;',
    severity: 'low',
    profiles: HARD,
    run: ofContents(
      'settings of nginx',
      (path) => NGINX.test(path),
      (text) => having(linesOf(text), /(^|[\s;{])autoindex\s+on\s*;/),
    ),
  },
  {
    id: 'nginx-tells-version',
    title: 'nginx does not tell its version',
    reason: 'It tells an attacker which holes to try.',
    fix: 'server_tokens off;',
    severity: 'negligible',
    profiles: HARD,
    run: ofContents(
      'settings of nginx',
      (path) => /(^|\/)nginx\.conf$/.test(path) && NGINX.test(path),
      (text) => (/^\s*server_tokens\s+off\s*;/m.test(text) ? [] : ['server_tokens is not off']),
    ),
  },
  {
    id: 'apt-unverified',
    title: 'apt takes only signed packages',
    reason: 'Whoever sits on the way can hand out packages of their own.',
    fix: 'Remove the setting; install the key of the repository.',
    severity: 'high',
    profiles: CIS,
    run: ofContents(
      'settings of apt',
      (path) => APT.test(path),
      (text) =>
        having(
          linesOf(text, /(^|\s)(#|\/\/).*$/),
          /AllowUnauthenticated\s+"?(true|1|yes)|AllowInsecureRepositories\s+"?(true|1|yes)|AllowDowngradeToInsecureRepositories\s+"?(true|1|yes)|Verify-(Peer|Host)\s+"?(false|0|no)|Check-Valid-Until\s+"?(false|0|no)|^(deb|deb-src)\s+\[[^\]]*(trusted|allow-insecure)=yes|^(Trusted|Allow-Insecure):\s*yes/i,
        ),
    ),
  },
  {
    id: 'apk-unverified',
    title: 'apk uses encrypted repositories',
    reason: 'Lists that come without encryption can be held back.',
    fix: 'Use https in etc/apk/repositories.',
    severity: 'low',
    profiles: HARD,
    run: ofContents(
      'list of repositories of apk',
      (path) => APK.test(path),
      (text) => having(linesOf(text), /^(@\S+\s+)?http:\/\//),
    ),
  },
  {
    id: 'yum-unverified',
    title: 'yum and dnf take only signed packages',
    reason: 'Whoever sits on the way can hand out packages of their own.',
    fix: 'gpgcheck=1 and sslverify=1.',
    severity: 'high',
    profiles: CIS,
    run: ofContents(
      'settings of yum',
      (path) => YUM.test(path),
      (text) => having(linesOf(text), /^(gpgcheck|sslverify|localpkg_gpgcheck)\s*=\s*(0|no|false|off)\s*$/i),
    ),
  },
  {
    id: 'pip-unverified',
    title: 'pip talks to verified hosts',
    reason: 'A trusted-host may be anybody.',
    fix: 'Remove trusted-host; use https.',
    severity: 'medium',
    profiles: HARD,
    run: ofContents(
      'settings of pip',
      (path) => PIP.test(path),
      (text) =>
        having(linesOf(text), /^trusted-host\s*=|^(extra-)?index-url\s*=\s*http:\/\//i).map((line) =>
          line.replace(/\/\/[^/@\s]*@/, '//…@'),
        ),
    ),
  },
  {
    id: 'npm-unverified',
    title: 'npm talks to verified hosts',
    reason: 'Without verification anybody can be the registry.',
    fix: 'Remove strict-ssl=false; use https.',
    severity: 'medium',
    profiles: HARD,
    run: ofContents(
      'settings of npm',
      (path) => NPM.test(path),
      (text) =>
        having(linesOf(text, /^\s*[#;].*$/), /^strict-ssl\s*=\s*"?false|^(@[^:]+:)?registry\s*=\s*"?http:\/\//i).map(
          (line) => line.replace(/\/\/[^/@\s]*@/, '//…@'),
        ),
    ),
  },
  {
    id: 'npm-token',
    title: 'No settings of npm carry a token',
    reason: 'Whoever can pull the image can publish with it.',
    fix: 'Use RUN --mount=type=secret for .npmrc, and take the token back.',
    severity: 'high',
    profiles: CIS,
    run: ofContents(
      'settings of npm',
      (path) => NPM.test(path),
      (text) =>
        /^\s*([^#;\n]*:)?_(authToken|auth|password)\s*=\s*"?(?!\$\{)[^\s"$]{6,}/m.test(text)
          ? ['a token or password']
          : [],
    ),
  },
  {
    id: 'git-unverified',
    title: 'Git talks to verified hosts',
    reason: 'Without verification anybody can be the server.',
    fix: 'Remove sslVerify = false.',
    severity: 'medium',
    profiles: HARD,
    run: ofContents(
      'settings of Git',
      (path) => GIT.test(path),
      (text) => having(linesOf(text), /^sslVerify\s*=\s*(false|0|no|off)/i),
    ),
  },
  {
    id: 'loader-preload',
    title: 'etc/ld.so.preload puts no library before all others',
    reason: 'Such a library changes what every program does.',
    fix: 'Empty the file.',
    severity: 'high',
    profiles: HARD,
    run: ofContents(
      'etc/ld.so.preload',
      (path) => path === 'etc/ld.so.preload',
      (text) => linesOf(text),
    ),
  },
];
