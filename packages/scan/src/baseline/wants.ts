/** Which files' contents the checks need, so that they are kept while layers are read. Called for every file: cheap. */

export const OPENSSL =
  /(^|\/)(etc\/(ssl|pki\/tls|crypto-policies\/back-ends)|usr\/(lib|local)\/ssl)\/openssl(cnf)?\.(cnf|config)$/;
export const SSHD = /^etc\/ssh\/sshd_config(\.d\/[^/]+\.conf)?$/;
export const NGINX = /^(usr\/local\/|opt\/[^/]+\/)?(etc\/)?nginx\/(conf\/)?(.*\.conf|(sites-enabled|conf\.d)\/[^/]+)$/;
export const APT = /^etc\/apt\/(apt\.conf(\.d\/[^/]+)?|sources\.list(\.d\/[^/]+\.(list|sources))?)$/;
export const APK = /^etc\/apk\/repositories$/;
export const YUM = /^etc\/(yum\.conf|dnf\/dnf\.conf|yum\.repos\.d\/[^/]+\.repo)$/;
export const PIP = /(^|\/)(etc\/pip\.conf|\.pip\/pip\.conf|\.config\/pip\/pip\.conf|pip\.ini)$/;
export const NPM = /(^|\/)(\.npmrc|etc\/npmrc)$/;
export const GIT = /(^|\/)(\.gitconfig|etc\/gitconfig|\.config\/git\/config)$/;
export const SUDOERS = /^etc\/sudoers(\.d\/[^/]+)?$/;

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
