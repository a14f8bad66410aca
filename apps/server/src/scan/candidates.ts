/** What the distributions' own suites offer now: which releases are read, from where, and by whose keys. */
import { ARCHIVES, type ArchiveName, type ArchivePlace } from '@pratique/compose/archive/read-archive';
import { releaseOf } from '@pratique/scan/distributions';
import { z } from 'zod';
import { ServerError } from '../error.ts';
import type { FeedDefinition } from './feeds.ts';

const Name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,49}$/);

/** What the child is told to read. */
export const CandidateOrder = z.object({
  distribution: z.enum(Object.keys(ARCHIVES) as [ArchiveName, ...ArchiveName[]]),
  release: z.string(),
  codename: z.string(),
  architectures: z.array(Name).min(1),
  components: z.array(Name).min(1),
  mirror: z.string().optional(),
  securityMirror: z.string().optional(),
  keyring: z.string().optional(),
  /** Indexes are kept here by their hash. */
  cacheDir: z.string(),
});
export type CandidateOrder = z.infer<typeof CandidateOrder>;

export const CANDIDATE_SETTINGS = {
  PRATIQUE_CANDIDATES: z.string().default('debian:11,debian:12,debian:13'),
  PRATIQUE_CANDIDATES_ARCHITECTURES: z.string().default('amd64,arm64'),
  PRATIQUE_CANDIDATES_COMPONENTS: z.string().default('main'),
  PRATIQUE_DEBIAN_MIRROR: z.url({ protocol: /^https?$/ }).optional(),
  PRATIQUE_DEBIAN_SECURITY_MIRROR: z.url({ protocol: /^https?$/ }).optional(),
  PRATIQUE_DEBIAN_KEYRING: z.string().startsWith('/').optional(),
  PRATIQUE_UBUNTU_MIRROR: z.url({ protocol: /^https?$/ }).optional(),
  PRATIQUE_UBUNTU_SECURITY_MIRROR: z.url({ protocol: /^https?$/ }).optional(),
  PRATIQUE_UBUNTU_KEYRING: z.string().startsWith('/').optional(),
};
const Settings = z.object(CANDIDATE_SETTINGS);

/** @param cacheDir the cache of this installation @throws ServerError `config-invalid`, one sentence that names the key */
export function readCandidateFeeds(settings: z.infer<typeof Settings>, cacheDir: string): FeedDefinition[] {
  if (settings.PRATIQUE_CANDIDATES === 'off') return [];
  const architectures = listOf(settings, 'PRATIQUE_CANDIDATES_ARCHITECTURES');
  const components = listOf(settings, 'PRATIQUE_CANDIDATES_COMPONENTS');
  return wordsOf(settings.PRATIQUE_CANDIDATES).map((word) => {
    const [id = '', name = ''] = word.split(':');
    const distribution = Object.keys(ARCHIVES).find((one) => one === id) as ArchiveName | undefined;
    const release = distribution && releaseOf(distribution, name);
    if (!distribution || !release?.codename)
      throw new ServerError(
        'config-invalid',
        `PRATIQUE_CANDIDATES is invalid: ${word.slice(0, 60)} is not a release such as debian:12`,
      );
    const { version, codename } = release;
    const order = { distribution, release: version, codename, architectures, components, cacheDir };
    return {
      name: `candidates-${distribution}-${version}`,
      source: 'candidates' as const,
      order: { ...order, ...placeOf(settings, distribution) },
    };
  });
}

const wordsOf = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

function listOf(
  settings: z.infer<typeof Settings>,
  key: 'PRATIQUE_CANDIDATES_ARCHITECTURES' | 'PRATIQUE_CANDIDATES_COMPONENTS',
): string[] {
  const parsed = z.array(Name).min(1).max(20).safeParse(wordsOf(settings[key]));
  if (!parsed.success)
    throw new ServerError('config-invalid', `${key} is invalid: it lists 1 to 20 names, separated by commas`);
  return parsed.data;
}

/** Where each distribution's archive is, as far as it is configured. */
export function readArchivePlaces(settings: z.infer<typeof Settings>): Record<string, ArchivePlace> {
  const names = Object.keys(ARCHIVES) as ArchiveName[];
  return Object.fromEntries(names.map((name) => [name, placeOf(settings, name)]));
}

function placeOf(settings: z.infer<typeof Settings>, distribution: ArchiveName): ArchivePlace {
  const name = distribution === 'debian' ? 'DEBIAN' : 'UBUNTU';
  return {
    mirror: settings[`PRATIQUE_${name}_MIRROR`],
    securityMirror: settings[`PRATIQUE_${name}_SECURITY_MIRROR`],
    keyring: settings[`PRATIQUE_${name}_KEYRING`],
  };
}
