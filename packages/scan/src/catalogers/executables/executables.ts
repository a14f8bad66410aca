/**
 * Programs that no package brought and that say their own version: interpreters, servers, cryptographic libraries,
 * toolchains. What an operating-system package owns is that package's, and gives no row of its own.
 */
import type { Cataloger } from '../cataloger.ts';
import { Gathering } from '../gathering.ts';
import { KNOWN_PROGRAM, readFindings } from './findings.ts';
import { parseGoToolchain, parseJavaRelease } from './toolchains.ts';

/** At the root of each Java runtime. @see JEP 223 */
const JAVA_RELEASE = /(?:^|\/)release$/;
const GO_VERSION = /(?:^|\/)go[0-9.-]*\/VERSION$/;
/** Erlang's own version, of which the virtual machine knows the first number only. */
const ERLANG_VERSION = /(?:^|\/)releases\/[0-9]+\/OTP_VERSION$/;
const MAX_TEXT = 16 * 1024;

export const executables: Cataloger = {
  name: 'executables',
  places: [],
  marks: [KNOWN_PROGRAM],
  onlyUnowned: true,
  wants: (path) => JAVA_RELEASE.test(path) || GO_VERSION.test(path) || ERLANG_VERSION.test(path),
  condense: (_path, content) => content.subarray(0, MAX_TEXT),
  catalog(files, context) {
    const found = new Gathering('generic', context);
    const add = (name: string, version: string, file: (typeof files)[number]): void =>
      found.add({ name, version, licenses: [] }, file);
    for (const file of files)
      found.read('executable', file, () => {
        if (GO_VERSION.test(file.path)) {
          const version = parseGoToolchain(file.content);
          // The name under which Go's advisories keep its compiler and commands.
          if (version !== null)
            found.add({ name: 'toolchain', version, licenses: ['BSD-3-Clause'], type: 'golang' }, file);
        } else if (ERLANG_VERSION.test(file.path)) {
          const version = /^([0-9]+(?:\.[0-9]+)+)\s*$/.exec(file.content.toString('utf8', 0, 100))?.[1];
          if (version) add('erlang', version, file);
        } else if (JAVA_RELEASE.test(file.path)) {
          const java = parseJavaRelease(file.content);
          if (java !== null) add(java.name, java.version, file);
        } else for (const { name, version } of readFindings(file.content).programs) add(name, version, file);
      });
    return found.result;
  },
};
