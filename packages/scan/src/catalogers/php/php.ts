/**
 * Packages of Composer: installed ones, and lock files of which less than half is installed (see lock.ts); and those of
 * PEAR and PECL, which carry the type `generic`, since no source has advisories for them.
 */
import type { Cataloger } from '../cataloger.ts';
import { Gathering } from '../gathering.ts';
import { isInstalled, runtimeNames } from '../lock.ts';
import { makePurl } from '../purl.ts';
import { parseComposerLock, parseInstalled } from './composer-json.ts';
import { parsePear } from './pear.ts';

/** The folder `vendor` may have another name. */
const INSTALLED = /(?:^|\/)composer\/installed\.json$/;
/** One file a package, in a folder for each channel but the first. */
const PEAR = /(?:^|\/)\.registry\/(?:\.channel\.[^/]+\/)?[^/]+\.reg$/;
const LOCK = /(?:^|\/)composer\.lock$/;

export const php: Cataloger = {
  name: 'php',
  places: [],
  wants: (path) => INSTALLED.test(path) || PEAR.test(path) || (LOCK.test(path) && !/(?:^|\/)vendor\//.test(path)),
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
          if (!isInstalled(runtimeNames(lock?.packages ?? []), installed)) found.addLock(lock, 'composer-lock', file);
        });
    for (const file of files)
      if (PEAR.test(file.path))
        found.read('pear-package', file, () => {
          const read = parsePear(file.content);
          if (!read) return found.missing('unreadable', 'pear-package', file.path, 'it names no package and version');
          const { channel, ...each } = read;
          found.add({ ...each, type: 'generic', purl: makePurl('pear', channel, each.name, each.version) }, file);
        });
    return found.result;
  },
};
