/** Joins what was found in the layers of an image: the same secret in several places is one. */
import type { Secret, SecretPlace, SecretState, Severity } from '@pratique/contract';
import type { SecretMatch } from './examiner.ts';

/** What was found in one layer, or (`layer` null) in the configuration. */
export type LayerMatches = { layer: string | null; matches: readonly SecretMatch[] };

export type JoinOptions = {
  layers: readonly LayerMatches[];
  /** Whether a container sees the file as that layer wrote it; of nested archives, the outermost path is asked for. */
  isVisible: (path: string, layer: string | null) => boolean;
  /** True for files that packages of the operating system brought: anybody can read those. */
  isPublished?: (path: string) => boolean;
};

export type JoinedSecrets = {
  secrets: Secret[];
  /** Distinct secrets, of which `secrets` has MAX_SECRETS at most. */
  total: number;
  /** Left out because a package of the operating system brought the file. */
  published: number;
};

export const MAX_SECRETS = 10_000;
export const MAX_PLACES = 20;

const WORST: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];

/** Sorted by severity, reachable ones first, then by where they are; the same for the same layers. */
export function joinSecrets({ layers, isVisible, isPublished = () => false }: JoinOptions): JoinedSecrets {
  const secrets = new Map<string, Secret>();
  let published = 0;
  for (const { layer, matches } of layers)
    for (const match of matches) {
      const outer = match.path.split('!', 1)[0] ?? match.path;
      if (match.where === 'file' && isPublished(outer)) {
        published++;
        continue;
      }
      const state: SecretState = match.where !== 'file' || isVisible(outer, layer) ? 'reachable' : 'removed-later';
      const place: SecretPlace = {
        where: match.where,
        path: match.path,
        line: match.line,
        column: match.column,
        layer,
        state,
      };
      const known = secrets.get(match.fingerprint);
      if (known) addPlace(known, place, match);
      else secrets.set(match.fingerprint, newSecret(match, place));
    }
  const all = [...secrets.values()].sort(
    (a, b) =>
      WORST.indexOf(a.severity) - WORST.indexOf(b.severity) ||
      a.state.localeCompare(b.state) ||
      compareText(a.places[0]?.path ?? '', b.places[0]?.path ?? '') ||
      compareText(a.fingerprint, b.fingerprint),
  );
  return { secrets: all.slice(0, MAX_SECRETS), total: all.length, published };
}

function newSecret(match: SecretMatch, place: SecretPlace): Secret {
  const { id, title, severity, redacted, fingerprint } = match;
  return { id, title, severity, redacted, fingerprint, state: place.state, places: [place], placeCount: 1 };
}

/** A place more; reachable ones push others out of a full list. */
function addPlace(secret: Secret, place: SecretPlace, match: SecretMatch): void {
  secret.placeCount++;
  if (WORST.indexOf(match.severity) < WORST.indexOf(secret.severity)) secret.severity = match.severity;
  const firstReachable =
    place.state === 'reachable' ? secret.places.findIndex((each) => each.state !== 'reachable') : -1;
  if (firstReachable >= 0) secret.places.splice(firstReachable, 0, place);
  else secret.places.push(place);
  secret.places.length = Math.min(secret.places.length, MAX_PLACES);
  if (place.state === 'reachable') secret.state = 'reachable';
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
