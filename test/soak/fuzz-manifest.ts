/** Spoiled manifests against the parser: it refuses with a sentence or takes what is true, quickly, and never breaks. */
import { OciError, parseManifest } from '../../packages/oci/src/index.ts';
import { bookworm, HARMLESS, makeArtifact, makeImage, makeIndex } from '../support/image.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

/** Far above what any input of this size should take, so that a busy machine finds nothing. */
const SLOW_MS = 2000;

export type Fuzzed = { tried: number; accepted: number; broken: string[] };

export function fuzzManifests(random: Random, until: () => boolean): Fuzzed {
  const image = makeImage(bookworm([HARMLESS]), { note: 'fuzz' });
  const seeds = [
    image,
    makeIndex([{ image, os: 'linux', architecture: 'amd64' }]),
    makeArtifact('application/vnd.example.note', 'hush', image),
  ];
  const bytes = seeds.map((seed) => seed.manifest);
  const fuzzed: Fuzzed = { tried: 0, accepted: 0, broken: [] };
  while (!until() && fuzzed.broken.length < 20) {
    const seed = seeds[random.between(0, seeds.length - 1)] ?? image;
    const input = mutate(random, seed.manifest, bytes, 256 * 1024);
    const type = random.pick([seed.mediaType, undefined, 'application/json', 'text/plain', '']);
    const started = performance.now();
    fuzzed.tried++;
    try {
      const parsed = parseManifest(input, type);
      fuzzed.accepted++;
      if (!parsed.bytes.equals(input)) fuzzed.broken.push(`the parser changed the bytes of ${show(input)}`);
    } catch (error) {
      if (!(error instanceof OciError)) fuzzed.broken.push(`${String(error)} for ${show(input)}`);
    }
    const took = performance.now() - started;
    if (took > SLOW_MS) fuzzed.broken.push(`${Math.round(took)} ms for ${show(input)}`);
  }
  return fuzzed;
}

const show = (input: Buffer) => `${input.length} bytes, base64 ${input.toString('base64').slice(0, 400)}`;
