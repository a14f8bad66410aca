/** Says what a jar is that no pom speaks for: from its manifest, its name, and what is known of its family. */
import { isVisible } from '../../printable.ts';
import { knownLicence } from '../licence.ts';
import { knownGroup, tomcatArtifact } from './known-groups.ts';

export type JarIdentity = {
  artifact: string;
  version: string;
  group: string | null;
  /** The manifest's field that the group was concluded from; null where it is certain, or not known at all. */
  guessedFrom: string | null;
  licences: string[];
};

/**
 * `guava-31.1-jre` is guava 31.1-jre: the version begins at the last dash before a digit, but a snapshot's date and a
 * packager's number (`zstd-jni-1.5.5-1`) are parts of it.
 */
export function splitFileName(fileName: string): { name: string; version: string | null } {
  const base = fileName.slice(0, 300).replace(/\.[A-Za-z]+$/, '');
  const match =
    /^(.+?)-([0-9][A-Za-z0-9.+_]*-[0-9]{8}\.[0-9]{6}-[0-9]+)$/.exec(base) ??
    /^(.+?)-([0-9]+(?:\.[0-9]+)+-[0-9]+)$/.exec(base) ??
    /^(.+)-([0-9][A-Za-z0-9.+_]*(?:-[A-Za-z][A-Za-z0-9.+_-]*)?)$/.exec(base);
  return match?.[1] && match[2] ? { name: match[1], version: match[2] } : { name: base, version: null };
}

/** @returns null where neither name nor manifest tell a version */
export function identify(fileName: string, manifest: ReadonlyMap<string, string>): JarIdentity | null {
  const file = splitFileName(fileName);
  const title = manifest.get('implementation-title');
  const version =
    file.version ??
    manifest.get('implementation-version') ??
    manifest.get('bundle-version') ??
    manifest.get('specification-version') ??
    '';
  const artifact =
    tomcatArtifact(file.name, title) ?? (file.version === null ? (titled(title) ?? file.name) : file.name);
  if (!isVisible(version) || !/^[A-Za-z0-9_.+-]{1,200}$/.test(artifact)) return null;
  return { artifact, version, ...groupOf(artifact, version, manifest), licences: licencesOf(manifest) };
}

/** A title that could be an artifact's name, which `Apache Tomcat` could not. */
function titled(title: string | undefined): string | null {
  return title !== undefined && /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/.test(title) ? title : null;
}

function groupOf(
  artifact: string,
  version: string,
  manifest: ReadonlyMap<string, string>,
): Pick<JarIdentity, 'group' | 'guessedFrom'> {
  const known = knownGroup(artifact, version);
  if (known) return { group: known, guessedFrom: null };
  const vendor = manifest.get('implementation-vendor-id') ?? '';
  if (isGroup(vendor)) return { group: vendor, guessedFrom: 'Implementation-Vendor-Id' };
  // maven-bundle-plugin writes group and artifact joined by a dot, without what the two have in common.
  const symbolic = (manifest.get('bundle-symbolicname') ?? '').split(';', 1)[0]?.trim() ?? '';
  if (symbolic.endsWith(`.${artifact}`)) {
    const group = symbolic.slice(0, -artifact.length - 1);
    if (isGroup(group)) return { group, guessedFrom: 'Bundle-SymbolicName' };
  }
  return { group: null, guessedFrom: null };
}

/** Groups of two parts and more; one part alone is a vendor's name as often as a group. */
function isGroup(text: string): boolean {
  return text.length <= 200 && /^[a-z][a-z0-9_-]*(?:\.[A-Za-z0-9_-]+)+$/.test(text);
}

const LICENCE_URLS: Readonly<Record<string, string>> = {
  'www.apache.org/licenses/license-2.0': 'Apache-2.0',
  'www.apache.org/licenses/license-2.0.txt': 'Apache-2.0',
  'www.apache.org/licenses/license-2.0.html': 'Apache-2.0',
  'www.opensource.org/licenses/mit-license.php': 'MIT',
  'opensource.org/licenses/mit': 'MIT',
  'www.eclipse.org/legal/epl-2.0': 'EPL-2.0',
  'www.eclipse.org/legal/epl-v20.html': 'EPL-2.0',
  'www.eclipse.org/legal/epl-v10.html': 'EPL-1.0',
};

/** `Bundle-License` names, or gives the addresses of, alternatives. @see OSGi Core 8, section 3.2.1.4 */
function licencesOf(manifest: ReadonlyMap<string, string>): string[] {
  const texts = (manifest.get('bundle-license') ?? '').slice(0, 1000).split(',');
  const known = texts.map((each) => {
    const text = each.split(';', 1)[0]?.trim().replace(/^"|"$/g, '') ?? '';
    return (
      LICENCE_URLS[
        text
          .toLowerCase()
          .replace(/^https?:\/\//, '')
          .replace(/\/$/, '')
      ] ?? knownLicence(text)
    );
  });
  return [...new Set(known.filter((each) => each !== null))].slice(0, 10);
}
