/** What a distribution's own suites offer now for a binary package: not what is known of it, but what an upgrade brings. */
import { z } from 'zod';

export const Candidate = z.object({
  version: z.string(),
  /** Of the source that it is built from, where that has another name or version. */
  source: z.string().optional(),
  sourceVersion: z.string().optional(),
  /** `bookworm-security`. */
  suite: z.string(),
});
export type Candidate = z.infer<typeof Candidate>;

/** A release of a distribution on one architecture, in the distribution's own words: `debian`, `12`, `amd64`. */
export type Target = { id: string; release: string; architecture: string };

const PREFIX = 'Candidates:';

/** The key under which the store keeps them: `Candidates:debian:12:amd64`. */
export const candidatesKey = ({ id, release, architecture }: Target): string =>
  `${PREFIX}${id}:${release}:${architecture}`;

/** True for shards that say nothing of holes: what is matched does not depend on them. */
export const isCandidatesKey = (key: string): boolean => key.startsWith(PREFIX);
