/** How a fingerprint is shown, and how a list of secrets is narrowed. */

/** Enough to tell two apart that stand on one page; the whole one is in the address. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, 12);
}

/** What the address narrows a list by, in the server's words: parameters that are empty are left out. */
export function narrowedBy(names: readonly string[], param: (name: string) => string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, param(name)] as const).filter(([, value]) => value !== ''));
}
