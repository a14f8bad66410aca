/**
 * Go: what programs say of the modules that they were built from, and the module files of source that lies there.
 *
 * A program says what is in it, so source of the same module adds nothing. The library that comes with Go is a package
 * of its own, `stdlib`, in the version that the program was built with.
 */
import { isVisible } from '../../printable.ts';
import type { CatalogedFile, Cataloger } from '../cataloger.ts';
import { GO_PROGRAM, readFindings } from '../executables/findings.ts';
import { Gathering } from '../gathering.ts';
import { makePurl } from '../purl.ts';
import { isModulePath, parseGoMod, parseGoSum, parseVendored } from './go-mod.ts';
import { mainVersion, parseBuildInfo, toolchainVersion } from './parse-build-info.ts';
import { isGoSource } from './source.ts';

const SOURCE = /(?:^|\/)(?:go\.mod|go\.sum|vendor\/modules\.txt)$/;
/** Test data, and folders that Go itself passes over. */
const NOT_BUILT = /(?:^|\/)(?:testdata|_[^/]*)\/|(?:^|\/)vendor\/.*go\.(?:mod|sum)$/;
/** Modules of Go's own source, which each Go program is built with and `stdlib` stands for. */
const OWN_MODULE = /^(?:std|cmd|misc)(?:\/|$)/;

export const go: Cataloger = {
  name: 'go',
  places: [],
  marks: [GO_PROGRAM],
  wants: (path) => SOURCE.test(path) && !NOT_BUILT.test(path) && !isGoSource(path),
  catalog(files, context) {
    const found = new Gathering('golang', context);
    const built = new Set<string>();
    const sources = new Map(files.filter((each) => SOURCE.test(each.path)).map((each) => [each.path, each]));
    for (const file of files)
      if (!sources.has(file.path))
        found.read('go-binary', file, () => {
          const main = readProgram(found, file);
          if (main !== null) built.add(main);
        });
    for (const file of sources.values())
      if (file.path.endsWith('go.mod')) found.read('go-module', file, () => readModule(found, file, sources, built));
    return found.result;
  },
};

/** @returns the path of the main module */
function readProgram(found: Gathering, file: CatalogedFile): string | null {
  const info = readFindings(file.content).go;
  if (!info) {
    found.missing('unreadable', 'go-binary', file.path, 'its build information cannot be read');
    return null;
  }
  const build = parseBuildInfo(info.modules);
  const version = toolchainVersion(info.version);
  if (version !== null) found.add({ name: 'stdlib', version, licenses: ['BSD-3-Clause'] }, file);
  else
    found.missing(
      'unreadable',
      'go-binary',
      file.path,
      `the version of Go that built it is ${info.version === '' ? 'not to be found' : JSON.stringify(info.version.slice(0, 100))}`,
    );
  if (build.main === null && build.dependencies.length === 0 && info.modules === '')
    found.missing('unreadable', 'go-binary', file.path, 'it was built without modules and does not say what is in it');
  const own = mainVersion(build);
  // Go's own programs are its distribution; their module `cmd` is no project.
  if (build.main && isModulePath(build.main.path) && build.main.path !== 'cmd') {
    const { path } = build.main;
    if (own === '(devel)') found.add({ name: path, version: own, licenses: [], purl: modulePurl(path, '') }, file);
    else if (isVisible(own)) found.add({ name: path, version: own, licenses: [] }, file);
  }
  for (const { path, version: pinned } of build.dependencies) {
    if (pinned === '' || pinned === '(devel)') continue; // a directory beside the main module
    if (isModulePath(path) && isVisible(pinned)) found.add({ name: path, version: pinned, licenses: [] }, file);
    else
      found.missing(
        'unreadable',
        'go-binary',
        file.path,
        'an entry of its build information has no readable name and version',
      );
  }
  return build.main?.path ?? null;
}

function modulePurl(path: string, version: string): string {
  const cut = path.lastIndexOf('/');
  return makePurl('golang', cut < 0 ? null : path.slice(0, cut), path.slice(cut + 1), version);
}

function readModule(
  found: Gathering,
  file: CatalogedFile,
  sources: ReadonlyMap<string, CatalogedFile>,
  built: ReadonlySet<string>,
): void {
  const mod = parseGoMod(file.content);
  if (mod === null) return found.addLock(null, 'go-module', file);
  if (built.has(mod.module) || OWN_MODULE.test(mod.module)) return;
  const folder = file.path.slice(0, -'go.mod'.length);
  const vendored = sources.get(`${folder}vendor/modules.txt`);
  if (vendored) return found.addLock(parseVendored(vendored.content), 'go-module', vendored);
  found.addLock(mod.read, 'go-module', file);
  const sum = sources.get(`${folder}go.sum`);
  if (mod.complete || !sum) return;
  const named = new Set(mod.read.packages.map((each) => each.name));
  const { packages, problems } = parseGoSum(sum.content);
  found.addLock({ packages: packages.filter((each) => !named.has(each.name)), problems }, 'go-module', sum);
}
