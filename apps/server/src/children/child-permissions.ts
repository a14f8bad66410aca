/** What a child of ours may do: read its code and what it is given, and start nothing. */
import { join } from 'node:path';

/**
 * Flags that let a child of ours read its code and the named folders, write where it is said, and start nothing. The
 * checkout as a whole is not among them: the data folder, with keys and passwords, lies in it by default.
 */
export function childPermissions(
  root: string,
  readable: readonly string[],
  writable: readonly string[] = [],
): string[] {
  const code = ['node_modules', 'packages', 'apps/server', 'rules'].map((part) => join(root, part));
  return [
    '--permission',
    ...[...code, ...readable].map((path) => `--allow-fs-read=${path}`),
    ...writable.map((path) => `--allow-fs-write=${path}`),
  ];
}
