/** Reads Gradle's lock files. */
import { LockEntries, type LockRead, quote } from '../lock.ts';
import { plainText } from '../text.ts';

/** `testCompileClasspath`, `integrationTestRuntimeClasspath`. */
const TEST = /^test[A-Z]|[a-z]Test[A-Z]/;

/** `group:artifact:version=configurations`, one a line. @see Gradle user manual, "Locking versions" */
export function parseGradleLock(content: Buffer): LockRead {
  const entries = new LockEntries((name) => /^[A-Za-z0-9_.-]{1,200}:[A-Za-z0-9_.-]{1,200}$/.test(name));
  for (const line of plainText(content).split(/\r?\n/)) {
    if (line.trim() === '' || line.startsWith('#') || line.startsWith('empty=')) continue;
    const match = /^([^:=\s]+:[^:=\s]+):([^:=\s]+)(?:=(.*))?$/.exec(line.slice(0, 2000).trim());
    const configurations = match?.[3]?.split(',') ?? [];
    const development = configurations.length > 0 && configurations.every((each) => TEST.test(each));
    if (match) entries.add(match[1], match[2], [], match[1], development);
    else entries.problem(`line ${quote(line)} names no group, artifact and version`);
  }
  return entries.read;
}
