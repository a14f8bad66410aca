/** Gems: installed ones, and Bundler's lock files of which less than half is installed (see lock.ts). */
import type { Cataloger } from '../cataloger.ts';
import { Gathering } from '../gathering.ts';
import { isInstalled } from '../lock.ts';
import { languagePurl } from '../purl.ts';
import { parseGemfileLock } from './gemfile-lock.ts';
import { parseGemspec } from './gemspec.ts';

/** `bundler/gems/NAME-COMMIT` has gems that Bundler installed from git. */
const INSTALLED = /(?:^|\/)specifications\/(?:default\/)?[^/]+\.gemspec$|(?:^|\/)bundler\/gems\/[^/]+\/[^/]+\.gemspec$/;
const LOCK = /(?:^|\/)(?:Gemfile\.lock|gems\.locked)$/;
/** A lock inside an installed gem is that gem's own and pins nothing here. */
const INSIDE = /(?:^|\/)gems\/[^/]+-[0-9][^/]*\//;

export const ruby: Cataloger = {
  name: 'ruby',
  places: [],
  wants: (path) => INSTALLED.test(path) || (LOCK.test(path) && !INSIDE.test(path)),
  catalog(files, context) {
    const found = new Gathering('gem', context);
    const installed = new Set<string>();
    for (const file of files) {
      if (!INSTALLED.test(file.path) || file.node.size === 0) continue;
      found.read('gem', file, () => {
        const gem = parseGemspec(file.content);
        if (!gem)
          return found.missing(
            'unreadable',
            'gem',
            file.path,
            'it names no gem and version that can be read without Ruby',
          );
        const { platform, ...each } = gem;
        found.add({ ...each, purl: languagePurl('gem', each.name, each.version, { platform }) }, file);
        installed.add(each.name);
      });
    }
    for (const file of files)
      if (LOCK.test(file.path) && file.node.size > 0)
        found.read('gem-lock', file, () => {
          const lock = parseGemfileLock(file.content);
          const names = lock?.packages.map((each) => each.name) ?? [];
          if (!isInstalled(names, installed)) found.addLock(lock, 'gem-lock', file);
        });
    return found.result;
  },
};
