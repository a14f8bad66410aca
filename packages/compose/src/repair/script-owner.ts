/** A package of another family in the form in which scripts and sandboxes know packages. */
import type { ControlFile, Installed } from '../install/world.ts';

/** @param scripts by the names that the family has for them */
export function scriptOwner(
  name: string,
  version: string,
  architecture: string,
  scripts: ReadonlyMap<string, ControlFile>,
): Installed {
  return {
    candidate: {
      name,
      version,
      architecture,
      essential: false,
      priority: '',
      filename: '',
      expected: { sha256: '', size: 0 },
      mirror: '',
      suite: '',
      stanza: new Map(),
    },
    fields: [],
    control: new Map(scripts),
    list: [],
    conffiles: [],
  };
}
