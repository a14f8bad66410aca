/** The image configuration, read defensively: it is the pusher's text. */
import { z } from 'zod';

const Strings = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

const EARLIEST = Date.UTC(1980, 0, 1);

/** image-spec 1.1 config.md; unknown fields are ignored, missing ones have the specification's defaults. */
export const ImageConfig = z.object({
  created: z
    .string()
    .nullish()
    // The year 1, or 1970, is how builders write that they do not say.
    .transform((value) => (value && Date.parse(value) >= EARLIEST ? value : null)),
  os: z
    .string()
    .nullish()
    .transform((value) => value ?? ''),
  architecture: z
    .string()
    .nullish()
    .transform((value) => value ?? ''),
  config: z
    .object({
      User: z
        .string()
        .nullish()
        .transform((value) => value ?? ''),
      Entrypoint: Strings,
      Cmd: Strings,
      Env: Strings,
      Labels: z
        .record(z.string(), z.string())
        .nullish()
        .transform((value) => value ?? {}),
      // Of use for the order of findings alone: in another form it must not make the rest unreadable.
      ExposedPorts: z
        .record(z.string(), z.unknown())
        .nullish()
        .catch(null)
        .transform((value) => value ?? {}),
    })
    .nullish()
    .transform((value) => value ?? { User: '', Entrypoint: [], Cmd: [], Env: [], Labels: {}, ExposedPorts: {} }),
  rootfs: z
    .object({ diff_ids: Strings })
    .nullish()
    .transform((value) => value ?? { diff_ids: [] }),
});
export type ImageConfig = z.infer<typeof ImageConfig>;

export const MAX_CONFIG_BYTES = 8 * 1024 * 1024;
