/** Reads the text of Go's build information into modules. */

export type GoModule = { path: string; version: string };
export type GoBuild = {
  main: GoModule | null;
  /** With replacements applied; those by a directory have no version. */
  dependencies: GoModule[];
  settings: ReadonlyMap<string, string>;
};

const MAX_MODULES = 20_000;

/** Lines of a key and fields between tabs. @see Go, src/runtime/debug/mod.go, ParseBuildInfo */
export function parseBuildInfo(text: string): GoBuild {
  let main: GoModule | null = null;
  let last: GoModule | null = null;
  const dependencies: GoModule[] = [];
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [key, path = '', version = ''] = line.split('\t');
    if (key === 'mod') main = last = { path, version };
    else if (key === 'dep' && dependencies.length < MAX_MODULES) dependencies.push((last = { path, version }));
    else if (key === '=>' && last) Object.assign(last, { path, version });
    else if (key === 'build') {
      const cut = path.indexOf('=');
      if (cut > 0) settings.set(path.slice(0, cut), unquote(path.slice(cut + 1)));
    }
  }
  return { main, dependencies, settings };
}

/** Values with spaces or quotes are written as Go strings. */
function unquote(text: string): string {
  if (!/^["`].*["`]$/s.test(text) || text.length < 2) return text;
  return text.slice(1, -1).replace(/\\(["\\])/g, '$1');
}

/** Variables that projects have their linker set to their version. @see cmd/link, option -X */
const VERSION_FLAG =
  /(?:^|\s)-X[\s=]+["']?[^\s="']*\.(?:build|git|app|release)?_?version["']?=["']?v?([0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?)["']?(?=\s|$)/i;

/**
 * The version of the main module. Builds from a working copy before Go 1.24 say `(devel)`; the linker's flags or the
 * commit tell more then.
 * @see go.dev/ref/mod#pseudo-versions
 */
export function mainVersion({ main, settings }: GoBuild): string {
  if (main && main.version !== '' && main.version !== '(devel)') return main.version;
  const flag = VERSION_FLAG.exec((settings.get('-ldflags') ?? '').slice(0, 20_000));
  if (flag?.[1]) return `v${flag[1]}`;
  const revision = /^[0-9a-f]{40,64}$/.exec(settings.get('vcs.revision') ?? '')?.[0];
  const time = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(settings.get('vcs.time') ?? '');
  if (revision && time) return `v0.0.0-${time.slice(1).join('')}-${revision.slice(0, 12)}`;
  return '(devel)';
}

/** `go1.22.1 X:boringcrypto` is 1.22.1; builds from Go's repository have no version to compare. */
export function toolchainVersion(text: string): string | null {
  return /^go([0-9]+\.[0-9]+(?:\.[0-9]+)?(?:(?:rc|beta)[0-9]+)?)(?![0-9])/.exec(text)?.[1] ?? null;
}
