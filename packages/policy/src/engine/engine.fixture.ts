/** The built engine for tests; null where it cannot be built. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle } from '../bundle.ts';
import { createBundle } from '../bundle.ts';
import type { Template } from '../template.ts';

const BUILD = new URL('../../../../apps/policy-engine/build.mjs', import.meta.url).href;
export const POLICIES = fileURLToPath(new URL('../../../../policies', import.meta.url));

/** Path of the binary, or the reason why there is none. */
export async function builtEngine(): Promise<{ binary: string } | { reason: string }> {
  const { buildPolicyEngine } = (await import(BUILD)) as {
    buildPolicyEngine: (options: { cacheDir: string }) => Promise<string>;
  };
  try {
    return {
      binary: await buildPolicyEngine({
        cacheDir: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pratique'),
      }),
    };
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('go-'))
      return { reason: error.message.split('\n')[0] ?? '' };
    throw error;
  }
}

/** A bundle of one image policy per source; each has one constraint of the same name, in lower case. */
export function bundleOf(
  sources: Record<string, string | Partial<Template>>,
  parameters: Record<string, unknown> = {},
): Bundle {
  const templates = Object.entries(sources).map(
    ([kind, source]): Template => ({
      kind,
      target: 'image.pratique.dev',
      version: 'v1',
      rego: '',
      libs: [],
      schema: null,
      title: kind,
      description: '',
      fix: '',
      ...(typeof source === 'string' ? { rego: source } : source),
    }),
  );
  return createBundle(
    templates,
    templates.map(({ kind }) => ({ kind, name: kind.toLowerCase(), action: 'deny', match: {}, parameters })),
  );
}
