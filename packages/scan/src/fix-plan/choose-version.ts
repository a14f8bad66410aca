/** Chooses the smallest version of a package that clears its findings, judged by everything that is known of it. */
import type { Package } from '@pratique/contract';
import { schemeOf, schemeOfType } from '../advisories/ecosystems.ts';
import type { AdvisoryStore } from '../advisories/store.ts';
import { languagePurl } from '../catalogers/purl.ts';
import { matchInventory } from '../match.ts';
import { subjectOf } from '../subject.ts';
import { compareVersions, isVersion, type SchemeName } from '../versions/compare.ts';

/** A version to go to. `remaining` are ids that still affect it, also such as the old version did not have. */
export type Choice = { version: string; clears: string[]; remaining: string[] };

export type Choices = {
  /** Of the same major version. */
  near: Choice | null;
  /** Of a later major; null unless it clears something that `near` does not. */
  far: Choice | null;
};

export type ChooseOptions = {
  /** Versions that the registry has and has not withdrawn; by what advisories name where it was not asked. */
  published?: readonly string[] | null;
  /** False for versions that something forbids. */
  allowed?: (version: string) => boolean;
};

/** Versions to be judged for one package; no registry has as many bounds for one. */
const MAX_BOUNDS = 2000;

/**
 * Affected sets change only where an advisory's range begins or ends, so the first version at or behind each bound is
 * enough to judge.
 *
 * @param ids the findings that are to be cleared
 * @throws ScanError `store-corrupt`
 */
export function chooseVersion(
  each: Package,
  ids: readonly string[],
  store: AdvisoryStore,
  options: ChooseOptions = {},
): Choices {
  const scheme = schemeOfType(each.type);
  const subject = subjectOf({ ...each, owner: null }, null, { development: true });
  if (scheme === null || subject.kind !== 'subject' || !isVersion(scheme, each.version))
    return { near: null, far: null };
  const own = schemeOf(subject.ecosystem) ?? scheme;
  const allowed = options.allowed ?? (() => true);
  const published = (options.published ?? null)?.filter((version) => isVersion(own, version)) ?? null;
  const later = candidates(own, each.version, store.lookup(subject.ecosystem, subject.name), published, allowed);
  let near: Choice | null = null;
  let far: Choice | null = null;
  for (const version of later) {
    const remaining = affectedIds(each, version, store);
    const choice = { version, clears: ids.filter((id) => !remaining.has(id)), remaining: [...remaining].sort() };
    // A pre-release of the next major is not of this one.
    if (majorOf(own, version) === majorOf(own, each.version)) near = better(near, choice);
    else far = better(far, choice);
  }
  return useful(near, far);
}

function useful(near: Choice | null, far: Choice | null): Choices {
  const kept = near !== null && near.clears.length > 0 ? near : null;
  const more = far?.clears.some((id) => !kept?.clears.includes(id)) ?? false;
  return { near: kept, far: more ? far : null };
}

/** Later versions only, in order, so that the first of equals is the smallest. */
function better(best: Choice | null, next: Choice): Choice {
  if (best === null || next.clears.length > best.clears.length) return next;
  return next.clears.length === best.clears.length && next.remaining.length < best.remaining.length ? next : best;
}

/** Ids that the matcher finds in that version of the package. */
export function affectedIds(each: Package, version: string, store: AdvisoryStore): Set<string> {
  const there: Package = {
    ...each,
    version,
    sourceVersion: version,
    owner: null,
    purl: languagePurl(each.type, each.name, version),
  };
  const inventory = { revision: 0, distribution: null, packages: [there], files: [], missing: [] };
  const { findings } = matchInventory(inventory, store, { development: true });
  return new Set(findings.filter((one) => one.status !== 'not-affected').map((one) => one.id));
}

function candidates(
  scheme: SchemeName,
  current: string,
  advisories: ReturnType<AdvisoryStore['lookup']>,
  published: readonly string[] | null,
  allowed: (version: string) => boolean,
): string[] {
  const order = (a: string, b: string) => compareVersions(scheme, a, b);
  const bounds = new Set<string>();
  for (const { ranges, versions } of advisories) {
    for (const { fixed, last } of ranges) {
      if (fixed !== null) bounds.add(fixed);
      if (last !== null && published) bounds.add(last);
    }
    if (published) for (const one of versions ?? []) bounds.add(one);
  }
  const later = [...bounds].filter((one) => isVersion(scheme, one) && order(one, current) >= 0).slice(0, MAX_BOUNDS);
  const found = new Map<string, string>();
  const add = (version: string | undefined) => {
    if (version !== undefined && order(version, current) > 0) found.set(version, version);
  };
  if (!published) for (const one of later) if (allowed(one)) add(one);
  if (published) {
    const usable = published
      .filter((one) => order(one, current) > 0 && (!isPreRelease(scheme, one) || bounds.has(one)) && allowed(one))
      .sort(order);
    for (const bound of [current, ...later]) {
      add(usable.find((one) => order(one, bound) >= 0));
      add(usable.find((one) => order(one, bound) > 0)); // a bound may be the last that is affected
      const major = majorOf(scheme, bound);
      add(usable.find((one) => order(one, bound) >= 0 && majorOf(scheme, one) === major));
    }
  }
  return [...found.values()].sort(order);
}

/** What stands before the first dot, with Python's epoch. */
export function majorOf(scheme: SchemeName, version: string): string {
  const [, epoch = '0', major = ''] = /^v?(?:([0-9]+)!)?([0-9]+)/.exec(version) ?? [];
  return scheme === 'pep440' ? `${Number(epoch)}!${Number(major)}` : String(Number(major));
}

/** Text that versions of the ecosystem have only before their release. */
export function isPreRelease(scheme: SchemeName, version: string): boolean {
  if (scheme === 'semver' || scheme === 'golang') return version.replace(/\+.*$/, '').includes('-');
  if (scheme === 'pep440') return /[0-9.](?:a|b|c|rc|alpha|beta|pre|preview|\.?dev)[-_.]?[0-9]*/i.test(version);
  return /[-.](?:alpha|beta|milestone|rc|cr|snapshot|m)[-.]?[0-9]*$/i.test(version);
}
