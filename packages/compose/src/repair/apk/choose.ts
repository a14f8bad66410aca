/** For each package that an image of apk's has: the version that apk would take now, or why it stays as it is. */
import type { WantedPackage } from '../family.ts';
import type { Left, Offers, Slot } from '../plan/plan-units.ts';
import type { Relation } from '../plan/unit.ts';
import type { ApkPackage } from './database.ts';
import type { ApkOffer } from './read-index.ts';
import { type ApkRelation, parseApkRelations } from './relations.ts';
import { compareApkVersions } from './version.ts';

export type ApkUnit = ApkPackage | ApkOffer;

export type ApkChoiceRequest = {
  packages: readonly ApkPackage[];
  offers: readonly ApkOffer[];
  /** The text of /etc/apk/world. */
  world: string;
  architecture: string;
  only: readonly WantedPackage[] | null;
};

/** Slots for the plan, and packages that stay, by name. */
export function chooseApkVersions(request: ApkChoiceRequest): { slots: Slot<ApkUnit>[]; left: Map<string, Left> } {
  const byName = new Map<string, ApkOffer[]>();
  for (const offer of usable(request)) byName.set(offer.name, [...(byName.get(offer.name) ?? []), offer]);
  const pins = pinsOf(request.world);
  const slots: Slot<ApkUnit>[] = [];
  const left = new Map<string, Left>();
  for (const present of request.packages) {
    const { name, version } = present;
    const isAsked = request.only === null || isWanted(request.only, name, version);
    const chosen = choose(present, byName.get(name) ?? [], pins.get(name) ?? [], request.architecture);
    if (chosen !== null && 'reason' in chosen) {
      slots.push({ present, candidate: null, wanted: false });
      if (isAsked) left.set(name, chosen);
    } else slots.push({ present, candidate: chosen, wanted: chosen !== null && isAsked });
  }
  return { slots, left };
}

function choose(
  present: ApkPackage,
  offers: readonly ApkOffer[],
  pins: readonly ApkRelation[],
  architecture: string,
): ApkOffer | Left | null {
  const { name, version } = present;
  // Groups of build dependencies that somebody made by name (`apk add --virtual`): there is nothing in them.
  if (name.startsWith('.')) return null;
  const newest = offers[0] ?? null;
  const leave = (reason: Left['reason'], detail: string): Left => ({
    name,
    version,
    candidate: newest?.version ?? null,
    reason,
    detail,
  });
  if (present.architecture !== 'noarch' && present.architecture !== architecture)
    return leave('foreign-architecture', `it is built for ${present.architecture} in an image for ${architecture}`);
  const tagged = present.fields.get('s') ?? pins.find(({ tag }) => tag !== null)?.tag;
  if (tagged) return leave('pinned', `it comes from repositories with the tag @${tagged}, which are not read`);
  if (!newest)
    return leave(
      'third-party',
      'no repository of the image’s branch has a package of this name, so nobody here knows of newer versions',
    );
  if (compareApkVersions(newest.version, version) <= 0) return null;
  const allowed = offers.find((offer) =>
    pins.every((pin) => pin.operator === '' || pin.admits({ name, version: offer.version })),
  );
  if (allowed && compareApkVersions(allowed.version, version) > 0) return allowed;
  return leave('pinned', `/etc/apk/world asks for ${pins.map(({ text }) => text).join(' ')}`);
}

const isWanted = (only: readonly WantedPackage[], name: string, version: string): boolean =>
  only.some((each) => each.name === name && (each.version === undefined || each.version === version));

function pinsOf(world: string): Map<string, ApkRelation[]> {
  const pins = new Map<string, ApkRelation[]>();
  for (const relation of parseApkRelations(world))
    if (!relation.conflict) pins.set(relation.name, [...(pins.get(relation.name) ?? []), relation]);
  return pins;
}

/** Offers for the architecture, the newest first. */
function usable({ offers, architecture }: ApkChoiceRequest): ApkOffer[] {
  return offers
    .filter((offer) => offer.architecture === architecture || offer.architecture === 'noarch')
    .sort((a, b) => compareApkVersions(b.version, a.version));
}

/** Offers by what they give; those of the name itself first, then by the priority of who gives it, then the newest. */
export function apkOffers(
  request: Pick<ApkChoiceRequest, 'offers' | 'architecture'> & Partial<ApkChoiceRequest>,
): Offers<ApkUnit> {
  const pins = pinsOf(request.world ?? '');
  const newest = new Map<string, ApkOffer>();
  const all = usable({ packages: [], world: '', only: null, ...request });
  for (const offer of all)
    if (
      (pins.get(offer.name) ?? []).every((pin) => pin.operator === '' || pin.admits(offer)) &&
      !newest.has(offer.name)
    )
      newest.set(offer.name, offer);
  const given = new Map<string, { offer: ApkOffer; at: number }[]>();
  for (const offer of newest.values())
    for (const [at, { name }] of offer.provides.entries()) given.set(name, [...(given.get(name) ?? []), { offer, at }]);
  const priority = ({ fields }: ApkOffer) => Number(fields.get('k') ?? 0) || 0;
  return {
    satisfying: (relation: Relation) =>
      (given.get(relation.name) ?? [])
        .filter(({ offer, at }) => {
          const provided = offer.provides[at];
          return provided !== undefined && relation.admits(provided);
        })
        .map(({ offer }) => offer)
        .sort(
          (a, b) =>
            Number(b.name === relation.name) - Number(a.name === relation.name) ||
            priority(b) - priority(a) ||
            (a.name < b.name ? -1 : 1),
        ),
  };
}
