/** Where source lies that Go brought or downloaded: its own, and the cache of modules. What it pins, nobody installed. */

/** Not `go/src` alone: programs are often built in `/go/src/app`. */
const GO_ROOT =
  /(?:^|\/)(?:usr\/local\/go|usr\/lib(?:64)?\/(?:golang|go(?:-[0-9.]+)?)|sdk\/go[0-9.]+|go[0-9]+\.[0-9][^/]*)\/(?:src|misc|test|lib)\//;
const MODULE_CACHE = /(?:^|\/)pkg\/mod\//;

export function isGoSource(path: string): boolean {
  return GO_ROOT.test(path) || MODULE_CACHE.test(path);
}
