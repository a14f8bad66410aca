/** Packages of Composer: installed ones, and lock files of which less than half is installed (see lock.ts). */
import type { Cataloger } from '../cataloger.ts';
import { Gathering } from '../gathering.ts';
import { isInstalled } from '../lock.ts';
import { parseComposerLock, parseInstalled } from './composer-json.ts';

/** The folder `vendor` may have another name. */
const INSTALLED = /(?:^|\/)composer\/installed\.json$/;
const LOCK = /(?:^|\/)composer\.lock$/;

export const php: Cataloger = {
  name: 'php',
  places: [],
  wants: (path) => INSTALLED.test(path) || (LOCK.test(path) && !/(?:^|\/)vendor\//.test(path)),
  catalog(files, context) {
    const found = new Gathering('composer', context);
    const installed = new Set<string>();
    for (const file of files)
      if (INSTALLED.test(file.path))
        found.read('composer-packages', file, () => {
          const read = parseInstalled(file.content);
          found.addLock(read, 'composer-packages', file);
          for (const each of read?.packages ?? []) installed.add(each.name);
        });
    for (const file of files)
      if (LOCK.test(file.path))
        found.read('composer-lock', file, () => {
          const lock = parseComposerLock(file.content);
          const names = lock?.packages.map((each) => each.name) ?? [];
          if (!isInstalled(names, installed)) found.addLock(lock, 'composer-lock', file);
        });
    return found.result;
  },
};
