/** Which directories belong to packages, so that programs in them are accounted for. */
import type { Package } from '@pratique/contract';

/** Where the files of a package lie: the first part of the file that names it. */
const PLACES: readonly (readonly [type: Package['type'], evidence: RegExp])[] = [
  ['npm', /^(.*)\/package\.json$/],
  // Modules of Python lie beside their metadata, extensions in directories that no metadata names.
  ['pypi', /^(.*)\/[^/]+\.(?:dist-info\/METADATA|egg-info(?:\/PKG-INFO)?)$/],
  ['gem', /^(.*)\/specifications\/(?:default\/)?[^/]+\.gemspec$/],
  // A published application of .NET is one directory.
  ['nuget', /^(.*)\/[^/]+\.deps\.json$/],
  ['generic', /^(.*)\/conda-meta\/[^/]+\.json$/],
];

/** Directories of packages that are installed; a lock file says nothing of what lies beside it. */
export function claimedDirectories(packages: readonly Package[]): Set<string> {
  const claimed = new Set<string>();
  for (const each of packages)
    for (const [type, evidence] of PLACES)
      if (type === each.type)
        for (const path of each.paths) {
          const directory = evidence.exec(path)?.[1];
          if (directory) claimed.add(directory);
        }
  return claimed;
}
