/** Decides which suites of which archives a request reads, and by whose keys they must be signed. */
import { ComposeError } from '../error.ts';
import { type AptSource, readAptSources } from './read-apt-sources.ts';
import { readKeyring } from './read-keyring.ts';
import type { Keyring } from './verify-release.ts';

/** A suite below a mirror; `role` tells how its codename derives from the base suite's. */
export type Source = { mirror: string; suite: string; role: 'base' | 'updates' | 'security'; keyring: Keyring };

export type Wanted = {
  suite: string;
  security: boolean;
  updates: boolean;
  mirror?: string | undefined;
  securityMirror?: string | undefined;
  keyring?: string | undefined;
};

/**
 * The sources in order: base, updates, security. What the request does not name comes from apt's configuration.
 *
 * @throws ComposeError `sources-invalid` where neither says where the archive is or who signs it
 */
export async function chooseSources(wanted: Wanted, aptDir: string): Promise<Source[]> {
  const configured = wanted.mirror && wanted.keyring ? [] : await readAptSources(aptDir);
  const base = pick(configured, wanted.suite, (suite) => !/[-/](security|updates|backports|proposed|lts)/.test(suite));
  const mirror = wanted.mirror ?? base?.uri;
  if (!mirror)
    throw new ComposeError('sources-invalid', `${aptDir} names no archive; say which with a mirror and a keyring`);
  const keyring = wanted.keyring
    ? await readKeyring(wanted.keyring, aptDir)
    : await readKeyring(base?.signedBy ?? null, aptDir);
  const sources: Source[] = [{ mirror: checked(mirror), suite: wanted.suite, role: 'base', keyring }];
  if (wanted.updates)
    sources.push({ mirror: checked(mirror), suite: `${wanted.suite}-updates`, role: 'updates', keyring });
  if (wanted.security) {
    const own = wanted.mirror ? null : pick(configured, wanted.suite, (suite) => /-security$|\/updates$/.test(suite));
    const address = wanted.securityMirror ?? own?.uri ?? besides(mirror);
    if (!address) throw new ComposeError('sources-invalid', 'no security archive is known; name a security mirror');
    const keys = own && !wanted.keyring ? await readKeyring(own.signedBy, aptDir) : keyring;
    sources.push({ mirror: checked(address), suite: `${wanted.suite}-security`, role: 'security', keyring: keys });
  }
  return sources;
}

/** The source of the suite itself if there is one, otherwise the first of the kind: mirrors carry all suites. */
function pick(sources: AptSource[], suite: string, kind: (suite: string) => boolean): AptSource | null {
  const usable = sources.filter((source) => kind(source.suite) && source.components.includes('main'));
  return usable.find((source) => source.suite.startsWith(suite)) ?? usable[0] ?? null;
}

/** Debian's mirrors keep the security archive beside the main one. */
function besides(mirror: string): string | null {
  return /\/debian\/?$/.test(mirror) ? mirror.replace(/\/debian\/?$/, '/debian-security') : null;
}

function checked(mirror: string): string {
  if (!/^https?:\/\/[^\s]+$/.test(mirror)) {
    throw new ComposeError('sources-invalid', `the archive ${mirror.slice(0, 200)} is not at an http or https address`);
  }
  return mirror.replace(/\/+$/, '');
}
