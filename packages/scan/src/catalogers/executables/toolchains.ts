/** Versions of toolchains that write them into a file of their own. */

/** The first line of Go's VERSION: `go1.22.1`. @returns null for any other text */
export function parseGoToolchain(content: Buffer): string | null {
  const line = content.toString('utf8', 0, 200).split('\n', 1)[0] ?? '';
  return /^go([0-9]+\.[0-9]+(?:\.[0-9]+)?(?:(?:rc|beta)[0-9]+)?)\s*$/.exec(line)?.[1] ?? null;
}

/**
 * The `release` file of a Java runtime. The runtime version has the build that vendors' advisories count by.
 * @returns null for a file of that name that is something else
 */
export function parseJavaRelease(content: Buffer): { name: string; version: string } | null {
  const fields = new Map<string, string>();
  for (const line of content.toString('utf8').split('\n').slice(0, 200)) {
    const match = /^([A-Z_]+)="([^"]*)"\s*$/.exec(line);
    if (match?.[1] && match[2] !== undefined) fields.set(match[1], match[2]);
  }
  const java = fields.get('JAVA_VERSION') ?? '';
  const runtime = fields.get('JAVA_RUNTIME_VERSION') ?? '';
  const version = runtime.startsWith(java) && runtime !== '' ? runtime : java;
  if (!/^[0-9]+[0-9A-Za-z._+-]*$/.test(version) || version.length > 100) return null;
  // A runtime without a compiler lists modules without jdk.compiler; old ones say what they are.
  const modules = fields.get('MODULES');
  const jre = modules ? !/\bjdk\.compiler\b/.test(modules) : fields.get('IMAGE_TYPE') === 'JRE';
  return { name: jre ? 'jre' : 'jdk', version };
}
