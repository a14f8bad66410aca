/** Packages of NuGet: published applications, and lock files of which less than half is published (see lock.ts). */
import type { Cataloger } from '../cataloger.ts';
import { Gathering } from '../gathering.ts';
import { isInstalled } from '../lock.ts';
import { parseDepsJson, parsePackagesLock } from './nuget.ts';

const PUBLISHED = /\.deps\.json$/;
const LOCK = /(?:^|\/)packages\.lock\.json$/;

export const dotnet: Cataloger = {
  name: 'dotnet',
  places: [],
  wants: (path) => PUBLISHED.test(path) || LOCK.test(path),
  catalog(files, context) {
    const found = new Gathering('nuget', context);
    const published = new Set<string>();
    for (const file of files)
      if (PUBLISHED.test(file.path))
        found.read('nuget', file, () => {
          const deps = parseDepsJson(file.content);
          found.addLock(deps, 'nuget', file);
          for (const each of deps?.packages ?? []) published.add(each.name.toLowerCase());
        });
    for (const file of files)
      if (LOCK.test(file.path))
        found.read('nuget-lock', file, () => {
          const lock = parsePackagesLock(file.content);
          const names = lock?.packages.map((each) => each.name.toLowerCase()) ?? [];
          if (!isInstalled(names, published)) found.addLock(lock, 'nuget-lock', file);
        });
    return found.result;
  },
};
