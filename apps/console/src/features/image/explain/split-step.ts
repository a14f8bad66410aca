/** Takes the command out of a step that the server proposes. */

/** `Accept a risk: pratique exception ... (a maintainer)` as what it says and what to type; without a command, null. */
export function splitStep(step: string): { says: string; command: string | null } {
  const found = /^(?<says>.*?): (?<command>pratique .+?)(?: \((?<who>[^()]*)\))?$/s.exec(step)?.groups;
  if (!found?.says || !found.command) return { says: step, command: null };
  return { says: found.who ? `${found.says} (${found.who})` : found.says, command: found.command };
}
