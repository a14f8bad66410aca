/** Types of build.mjs, which must stay plain JavaScript for bootstrap. */
export const NO_GO: string;
export function buildPolicyEngine(options: {
  cacheDir: string;
  log?: (line: string) => void;
  env?: Record<string, string | undefined>;
}): Promise<string>;
