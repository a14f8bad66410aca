/** The preset policies of a folder: one folder each, with template.yaml and, where it is on by default, constraint.yaml. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bundle, createBundle } from './bundle.ts';
import { type Constraint, parseConstraint } from './constraint.ts';
import { PolicyError } from './error.ts';
import { readYaml } from './read-yaml.ts';
import { parseTemplate, type Template } from './template.ts';

/** `constraints` is empty for a policy that is not on by default; some policies come as one that denies and one that warns. */
export type Preset = { name: string; template: Template; constraints: Constraint[] };

/**
 * Reads every preset, sorted by name.
 *
 * @throws PolicyError `yaml-invalid`, `template-invalid`, `constraint-invalid`, naming the file
 */
export async function readPresets(folder: string): Promise<Preset[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return Promise.all(names.map(async (name) => readPreset(folder, name)));
}

async function readPreset(folder: string, name: string): Promise<Preset> {
  const path = join(folder, name, 'template.yaml');
  const [document, ...more] = readYaml(await readFile(path, 'utf8'), path);
  if (document === undefined || more.length > 0)
    throw new PolicyError('yaml-invalid', `${path} must hold one template`);
  return {
    name,
    template: parseTemplate(document),
    constraints: await readConstraints(join(folder, name, 'constraint.yaml')),
  };
}

async function readConstraints(path: string): Promise<Constraint[]> {
  try {
    return readYaml(await readFile(path, 'utf8'), path).map(parseConstraint);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The default bundle: every preset that comes with constraints. */
export function presetBundle(presets: readonly Preset[]): Bundle {
  const active = presets.filter((preset) => preset.constraints.length > 0);
  return createBundle(
    active.map((preset) => preset.template),
    active.flatMap((preset) => preset.constraints),
  );
}
