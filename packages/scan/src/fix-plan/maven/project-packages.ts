/** What pom.xml files of a project folder ask for: nothing is installed there that would say it. */
import type { Package } from '@pratique/contract';
import { DEVELOPMENT, languagePurl } from '../../catalogers/purl.ts';
import type { ProjectFiles } from '../project-files.ts';
import { isPlainVersion, readPomDependencies } from './pom-places.ts';

const MAX_POMS = 2000;

/** Dependencies whose version the file itself says; what comes with them is known to Maven alone. */
export async function pomPackages(files: ProjectFiles): Promise<Package[]> {
  const found = new Map<string, Package>();
  for (const path of (await files.list()).filter((one) => /(?:^|\/)pom\.xml$/.test(one)).slice(0, MAX_POMS)) {
    const text = await files.read(path);
    for (const { name, version, scope } of text === null ? [] : readPomDependencies(text)) {
      if (version === null || !isPlainVersion(version)) continue;
      const purl = languagePurl('maven', name, version, scope === 'test' ? DEVELOPMENT : {});
      const known = found.get(purl);
      if (known) {
        if (!known.paths.includes(path)) known.paths.push(path);
        continue;
      }
      found.set(purl, {
        name,
        version,
        type: 'maven',
        purl,
        sourceName: name,
        sourceVersion: version,
        architecture: null,
        owner: null,
        licenses: [],
        layer: null,
        paths: [path],
      });
    }
  }
  return [...found.values()];
}
