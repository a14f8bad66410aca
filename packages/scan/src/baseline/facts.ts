/** What checks look at, gathered once: the configuration, the steps of its history, the files and their settings. */
import type { Inventory } from '@pratique/contract';
import type { ImageTree, TreeNode } from '@pratique/oci/layers/tree';
import { z } from 'zod';
import { baselineWants } from './wants.ts';

/** What is examined: `tree` and `inventory` are null where nobody read the layers. */
export type BaselineSubject = {
  /** The image configuration as it was read. @see OCI image-spec 1.1, config.md */
  config: unknown;
  tree: ImageTree | null;
  inventory: Inventory | null;
  now: Date;
};

const Words = z.array(z.string()).nullish();
const Keys = z.record(z.string(), z.unknown()).nullish();
const Settings = z.looseObject({
  User: z.string().nullish(),
  Env: Words,
  Entrypoint: Words,
  Cmd: Words,
  ExposedPorts: Keys,
  Volumes: Keys,
  WorkingDir: z.string().nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
  StopSignal: z.string().nullish(),
  Healthcheck: z.looseObject({ Test: Words }).nullish(),
  OnBuild: Words,
});
export type Settings = z.infer<typeof Settings>;
const Config = z.looseObject({
  architecture: z.string().optional(),
  os: z.string().optional(),
  created: z.string().nullish(),
  config: Settings.nullish(),
  history: z.array(z.looseObject({ created_by: z.string().optional(), empty_layer: z.boolean().optional() })).nullish(),
});

/** One instruction of the history. `text` is what follows the word; it may hold secrets and is not shown. */
export type Step = { number: number; word: string; text: string };

export type Facts = {
  settings: Settings | null;
  architecture: string | null;
  created: string | null;
  /** Null where the configuration has no history. */
  steps: readonly Step[] | null;
  tree: ImageTree | null;
  files: readonly { path: string; node: TreeNode }[];
  /** Those of them that have settings. */
  settingFiles: readonly { path: string; node: TreeNode }[];
  inventory: Inventory | null;
  now: Date;
};

const MAX_STEPS = 2000;
const MAX_STEP_LENGTH = 20_000;

export function gatherFacts({ config, tree, inventory, now }: BaselineSubject): Facts {
  const parsed = Config.safeParse(config);
  const read = parsed.success ? parsed.data : null;
  const files = tree ? [...tree.nodes()] : [];
  return {
    settings: read ? (read.config ?? Settings.parse({})) : null,
    architecture: read?.architecture ?? null,
    created: read?.created ?? null,
    steps: read?.history && read.history.length > 0 ? read.history.slice(0, MAX_STEPS).flatMap(stepOf) : null,
    tree,
    files,
    settingFiles: files.filter(({ path }) => baselineWants(path)),
    inventory,
    now,
  };
}

/** Docker's builder writes `/bin/sh -c #(nop)  ADD ...` and `/bin/sh -c COMMAND`, BuildKit `RUN /bin/sh -c COMMAND # buildkit`. */
function stepOf({ created_by: said }: { created_by?: string | undefined }, index: number): Step[] {
  if (!said) return [];
  const line = said
    .slice(0, MAX_STEP_LENGTH)
    .replace(/\s+# buildkit$/, '')
    .trim();
  const number = index + 1;
  const quiet = /^\/bin\/sh -c #\(nop\)\s+([A-Z]+)\s*([\s\S]*)$/.exec(line);
  if (quiet?.[1]) return [{ number, word: quiet[1], text: quiet[2] ?? '' }];
  const named =
    /^(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\s+([\s\S]*)$/.exec(
      line,
    );
  if (named?.[1])
    return [
      {
        number,
        word: named[1],
        text: (named[2] ?? '').replace(/^(\|\d+ (\S+ )*)?\/bin\/(ba)?sh -o?\s?(pipefail )?-?c /, ''),
      },
    ];
  return [{ number, word: 'RUN', text: line.replace(/^(\|\d+ ([^ ]+ )*)?\/bin\/(ba)?sh -c /, '') }];
}
