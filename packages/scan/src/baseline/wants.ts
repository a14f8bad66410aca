/** Which files' contents the checks need, so that they are kept while layers are read. Called for every file: cheap. */
import { APK, APT, GIT, NGINX, NPM, OPENSSL, PIP, SSHD, SUDOERS, YUM } from './setting-checks.ts';

/** A longer file of settings is none that people wrote; its checks are not made then, and say so. */
export const BASELINE_KEEP_BYTES = 256 * 1024;

const EXACT: ReadonlySet<string> = new Set(['etc/passwd', 'etc/shadow', 'etc/ld.so.preload']);
const PATTERNS = [SUDOERS, SSHD, OPENSSL, NGINX, APT, APK, YUM, PIP, NPM, GIT];
/** Nearly every path ends in none of these, and no pattern is tried on it. */
const LIKELY =
  /(\.(cnf|config|conf|list|sources|repo|ini)|npmrc|gitconfig|sudoers|repositories|sshd_config|git\/config)$|^etc\/(sudoers\.d|apt\/apt\.conf\.d)\/|nginx\/(sites-enabled|conf\.d)\//;

export function baselineWants(path: string): boolean {
  return EXACT.has(path) || (LIKELY.test(path) && PATTERNS.some((pattern) => pattern.test(path)));
}
