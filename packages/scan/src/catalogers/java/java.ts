/**
 * Packages of Maven: jars with all that is nested or shaded in them, unpacked applications, and Gradle's lock files.
 *
 * What a jar is, is told by the poms in it; else by the known groups of projects that build without Maven; else by
 * what its manifest suggests, which is said to be a guess. A jar whose group stays unknown is listed without an
 * ecosystem and with its sha1, since nothing can be looked up for it. A lock file counts as Python's do.
 */
import type { Cataloger } from '../cataloger.ts';
import { Gathering } from '../gathering.ts';
import { isInstalled } from '../lock.ts';
import { readJson } from '../text.ts';
import { ARCHIVE, type JarRead, readJar } from './archive.ts';
import { parseGradleLock } from './gradle-lock.ts';
import { parsePomProperties } from './pom.ts';

const LOCK = /(?:^|\/)(?:buildscript-)?gradle\.lockfile$|(?:^|\/)gradle\/dependency-locks\/[^/]+\.lockfile$/;
/** An application that was unpacked, as `java -Djarmode=tools extract` or a servlet container leave it. */
const UNPACKED = /(?:^|\/)META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/;
const MAX_JAR = 256 * 1024 * 1024;

export const java: Cataloger = {
  name: 'java',
  places: [],
  wants: (path) => ARCHIVE.test(path) || UNPACKED.test(path) || LOCK.test(path),
  maxBytes: (path) => (ARCHIVE.test(path) ? MAX_JAR : undefined),
  condense: (path, content) => (ARCHIVE.test(path) ? Buffer.from(JSON.stringify(readJar(path, content))) : content),
  catalog(files, context) {
    const found = new Gathering('maven', context);
    const installed = new Set<string>();
    for (const file of files) {
      if (LOCK.test(file.path) || file.node.size === 0) continue;
      found.read('jar', file, () => {
        const { packages, problems } = ARCHIVE.test(file.path)
          ? (readJson(file.content) as JarRead)
          : readProperties(file.content);
        const place = (inner: string): string => (inner === '' ? file.path : `${file.path}!/${inner}`);
        for (const { inner, ...each } of packages) {
          found.add(each, file, place(inner));
          installed.add(each.name);
        }
        for (const { kind, what, inner, detail } of problems) found.missing(kind, what, place(inner), detail);
      });
    }
    for (const file of files)
      if (LOCK.test(file.path))
        found.read('gradle-lock', file, () => {
          const lock = parseGradleLock(file.content);
          const names = lock.packages.map((each) => each.name);
          if (!isInstalled(names, installed)) found.addLock(lock, 'gradle-lock', file);
        });
    return found.result;
  },
};

function readProperties(content: Buffer): JarRead {
  const pom = parsePomProperties(content);
  if (pom === null)
    return {
      packages: [],
      problems: [{ kind: 'unreadable', what: 'jar', inner: '', detail: 'it names no group, artifact and version' }],
    };
  const { group, artifact, version } = pom;
  return {
    packages: [{ name: `${group}:${artifact}`, version, type: 'maven', licenses: [], inner: '' }],
    problems: [],
  };
}
