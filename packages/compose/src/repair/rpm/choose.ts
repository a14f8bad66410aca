/** For each package that an image of rpm's has: the version that dnf would take now, or why it stays as it is. */
import type { WantedPackage } from '../family.ts';
import type { Left, Offers, Slot } from '../plan/plan-units.ts';
import type { RpmPackage } from './package.ts';
import type { RpmOffer } from './read-repository.ts';
import type { KeptBack } from './system.ts';
import { compareRpmVersions } from './version.ts';

export type RpmUnit = RpmPackage | RpmOffer;

export type RpmChoiceRequest = {
  packages: readonly RpmPackage[];
  offers: readonly RpmOffer[];
  security: readonly ReadonlySet<string>[];
  keptBack: KeptBack;
  architecture: string;
  only: readonly WantedPackage[] | null;
};

export type RpmChoices = { slots: Slot<RpmUnit>[]; left: Map<string, Left>; offers: Offers<RpmUnit> };

/** Keys that were imported into the database are packages of this name. */
const KEY = 'gpg-pubkey';

/**
 * Where a repository says which of its packages are security updates, an upgrade is wanted if it passes one of those, and
 * then goes to the newest version; where none says so, every newer version is wanted.
 */
export function chooseRpmVersions(request: RpmChoiceRequest): RpmChoices {
  const { packages, only } = request;
  const newest = newestOffers(request);
  const security = securityByName(request.security);
  const counts = new Map<string, number>();
  for (const each of packages) counts.set(keyOf(each), (counts.get(keyOf(each)) ?? 0) + 1);
  const obsoleting = obsoletersOf(newest, packages);
  const slots: Slot<RpmUnit>[] = [];
  const left = new Map<string, Left>();
  const standIns = new Map<RpmOffer, RpmOffer>();
  for (const present of packages) {
    const { name, version } = present;
    if (name === KEY) continue;
    const isAsked = only === null || only.some((each) => each.name === name && (each.version ?? version) === version);
    const chosen = choose(request, present, newest, obsoleting, counts.get(keyOf(present)) ?? 1);
    if (chosen !== null && 'reason' in chosen) {
      slots.push({ present, candidate: null, wanted: false });
      if (isAsked) left.set(name, chosen);
      continue;
    }
    const candidate = chosen === null || chosen.name !== name ? chosen : withFilesOf(chosen, present);
    if (chosen && candidate) standIns.set(chosen, candidate);
    const isSecurity =
      security === null ||
      (security.get(`${chosen?.name} ${chosen?.architecture}`) ?? []).some(
        (each) => chosen?.name !== name || compareRpmVersions(each, version) > 0,
      );
    slots.push({ present, candidate, wanted: candidate !== null && isAsked && isSecurity });
  }
  return { slots, left, offers: offersOf([...newest.values()].map((each) => standIns.get(each) ?? each)) };
}

const keyOf = ({ name, architecture }: RpmUnit): string => `${name}.${architecture}`;

function choose(
  { architecture, keptBack, offers }: RpmChoiceRequest,
  present: RpmPackage,
  newest: ReadonlyMap<string, RpmOffer>,
  obsoleting: ReadonlyMap<RpmPackage, RpmOffer>,
  count: number,
): RpmOffer | Left | null {
  const { name, version } = present;
  const own = newest.get(name) ?? null;
  const leave = (reason: Left['reason'], detail: string, candidate = own): Left => ({
    name,
    version,
    candidate: candidate?.version ?? null,
    reason,
    detail,
  });
  if (present.architecture !== 'noarch' && present.architecture !== architecture)
    return leave('foreign-architecture', `it is built for ${present.architecture} in an image for ${architecture}`);
  const successor = obsoleting.get(present) ?? null;
  if (!own && !successor) {
    const others = offers.filter((each) => each.name === name);
    if (others.length === 0)
      return leave(
        'third-party',
        'no repository of the image’s release has a package of this name, so nobody here knows of newer versions',
      );
    const held = others.map((each) => keptBack(name, each.version, each.architecture)).find((why) => why !== null);
    if (!others.some((each) => compareRpmVersions(each.version, version) > 0)) return null;
    if (held) return leave('held', held, others[0] ?? null);
    return leave(
      'pinned',
      present.module
        ? `it belongs to ${present.module}, of which there is nothing newer`
        : 'what is on offer belongs to modules that the image does not have',
      others[0] ?? null,
    );
  }
  const isNewer = own !== null && compareRpmVersions(own.version, version) > 0;
  const candidate = isNewer ? own : successor;
  if (!candidate) return null;
  const locked = keptBack(name, version, present.architecture);
  if (locked) return leave('held', locked, candidate);
  if (count > 1) return leave('pinned', 'several versions of it are installed beside each other');
  return candidate;
}

/** The newest offer of each name that may be taken. */
function newestOffers({ packages, offers, keptBack, architecture }: RpmChoiceRequest): Map<string, RpmOffer> {
  const modules = new Map(packages.map(({ name, module }) => [name, module]));
  const enabled = new Set(packages.flatMap(({ module }) => (module === null ? [] : [module])));
  const newest = new Map<string, RpmOffer>();
  for (const offer of offers) {
    const { name, version, module } = offer;
    if (offer.architecture !== architecture && offer.architecture !== 'noarch') continue;
    const installed = modules.get(name) ?? null;
    // A modular package keeps its stream; modules that the image has nothing of are not enabled.
    if (installed === null ? module !== null && !enabled.has(module) : module !== installed) continue;
    if (keptBack(name, version, offer.architecture) !== null) continue;
    const best = newest.get(name);
    if (!best || compareRpmVersions(version, best.version) > 0) newest.set(name, offer);
  }
  return newest;
}

/** Packages on offer that stand for one that is installed, and are not there yet. */
function obsoletersOf(
  newest: ReadonlyMap<string, RpmOffer>,
  packages: readonly RpmPackage[],
): Map<RpmPackage, RpmOffer> {
  const present = new Map(packages.map((each) => [each.name, each]));
  const found = new Map<RpmPackage, RpmOffer>();
  for (const offer of newest.values())
    for (const relation of offer.obsoletes) {
      const old = present.get(relation.name);
      if (!old || present.has(offer.name) || old.name === offer.name) continue;
      if (relation.admits({ name: old.name, version: old.version }) && !found.has(old)) found.set(old, offer);
    }
  return found;
}

/** Lists of packages name only some files; the others are taken to stay, and are checked when the package is there. */
function withFilesOf(offer: RpmOffer, { files }: RpmPackage): RpmOffer {
  const known = new Set(offer.provides.map(({ name }) => name));
  const more = files.filter(({ path }) => !known.has(path)).map(({ path }) => ({ name: path, version: null }));
  return { ...offer, provides: [...offer.provides, ...more] };
}

function securityByName(all: readonly ReadonlySet<string>[]): Map<string, string[]> | null {
  if (all.length === 0) return null;
  const found = new Map<string, string[]>();
  for (const set of all)
    for (const line of set) {
      const [name = '', version = '', architecture = ''] = line.split(' ');
      const key = `${name} ${architecture}`;
      const list = found.get(key);
      if (list) list.push(version);
      else found.set(key, [version]);
    }
  return found;
}

/** What they give is gathered when something is missing, which is seldom. */
function offersOf(all: readonly RpmOffer[]): Offers<RpmUnit> {
  let given: Map<string, { offer: RpmOffer; at: number }[]> | null = null;
  return {
    satisfying: (relation) => [
      ...new Set(
        ((given ??= gather(all)).get(relation.name) ?? [])
          .filter(({ offer, at }) => {
            const provided = offer.provides[at];
            return provided !== undefined && relation.admits(provided);
          })
          .map(({ offer }) => offer)
          .sort(
            (a, b) =>
              Number(b.name === relation.name) - Number(a.name === relation.name) ||
              a.name.length - b.name.length ||
              (a.name < b.name ? -1 : 1),
          ),
      ),
    ],
  };
}

function gather(all: readonly RpmOffer[]): Map<string, { offer: RpmOffer; at: number }[]> {
  const given = new Map<string, { offer: RpmOffer; at: number }[]>();
  for (const offer of all)
    for (const [at, { name }] of offer.provides.entries()) {
      const list = given.get(name);
      if (list) list.push({ offer, at });
      else given.set(name, [{ offer, at }]);
    }
  return given;
}
