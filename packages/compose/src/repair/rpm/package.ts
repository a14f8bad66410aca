/** A package of rpm that the image has, as its record says. */
import type { Unit } from '../plan/unit.ts';
import { filesOf, type RpmFile } from './file-list.ts';
import { type RpmHeader, TAG } from './header.ts';
import { type Dependency, operatorOf, relationOf, rpmNeeds, rpmProvides } from './relations.ts';
import { formatEvr } from './version.ts';

export type RpmPackage = Unit & {
  /** Its number in the database. */
  id: number;
  header: RpmHeader;
  files: RpmFile[];
  /** `name:stream` of the module that it belongs to. */
  module: string | null;
};

export const evrText = (header: RpmHeader): string =>
  formatEvr({
    epoch: String(header.number(TAG.epoch) ?? 0),
    version: header.text(TAG.version) ?? '',
    release: header.text(TAG.release) ?? '',
  });

export function dependenciesOf(header: RpmHeader, name: number, flags: number, version: number): Dependency[] {
  const [all, versions] = [header.numbers(flags), header.strings(version)];
  return header.strings(name).map((text, at) => ({
    name: text,
    operator: operatorOf(all[at] ?? 0),
    version: versions[at] ?? '',
  }));
}

/** What a header says a package needs and gives; files are given too. */
export function unitOf(header: RpmHeader, files: readonly RpmFile[]): Unit {
  const relations = (dependencies: Dependency[]) =>
    dependencies.filter(({ name }) => !name.startsWith('(')).map(relationOf);
  return {
    name: header.text(TAG.name) ?? '',
    version: evrText(header),
    architecture: header.text(TAG.architecture) ?? 'noarch',
    provides: [
      ...rpmProvides(dependenciesOf(header, TAG.provideName, TAG.provideFlags, TAG.provideVersion)),
      ...files.map(({ path }) => ({ name: path, version: null })),
    ],
    needs: rpmNeeds(dependenciesOf(header, TAG.requireName, TAG.requireFlags, TAG.requireVersion)),
    conflicts: relations(dependenciesOf(header, TAG.conflictName, TAG.conflictFlags, TAG.conflictVersion)),
    obsoletes: relations(dependenciesOf(header, TAG.obsoleteName, TAG.obsoleteFlags, TAG.obsoleteVersion)),
  };
}

export function packageOf(id: number, header: RpmHeader): RpmPackage {
  const files = filesOf(header);
  const module = header.text(TAG.modularityLabel)?.split(':').slice(0, 2).join(':') ?? null;
  return { id, header, files, module, ...unitOf(header, files) };
}
