/** For each package that the image has: the version apt would take now, or why it stays as it is. */
import type { Candidate } from '../../archive/packages.ts';
import type { Universe } from '../../resolve/universe.ts';
import { compareVersions } from '../../version.ts';
import type { Present } from './database.ts';
import { componentOf, type OpenSuite } from './open-suites.ts';
import type { Choice, Left } from './plan.ts';
import type { Offer, Preferences } from './preferences.ts';

/** A package that somebody wants repaired; without a version whatever version is there. */
export type Wanted = { name: string; version?: string | undefined };

export type ChoiceRequest = {
  present: readonly Present[];
  architecture: string;
  suites: readonly OpenSuite[];
  universe: Universe;
  preferences: Preferences;
  /** Only these and what they need; null for all. */
  only: readonly Wanted[] | null;
};

const GONE = 'only its configuration is left';

/**
 * As `apt-get dist-upgrade` chooses, over the release's base, updates and security suites. An upgrade is wanted for its
 * own sake where the security suite or the base has something newer (fixes move to the base with a point release), and
 * then goes to the newest version of all.
 */
export function chooseVersions(request: ChoiceRequest): { choices: Choice[]; left: Map<string, Left> } {
  const choices: Choice[] = [];
  const left = new Map<string, Left>();
  const here = request.present.filter(({ damage }) => damage !== GONE);
  const counts = new Map<string, number>();
  for (const { installed } of here) {
    const { name } = installed.candidate;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const present of here) {
    const { name, version } = present.installed.candidate;
    const choice = choose(request, present, counts.get(name) ?? 1);
    if ('left' in choice) {
      choices.push({ present, candidate: null, wanted: false });
      if (request.only === null || isWanted(request.only, name, version)) left.set(name, choice.left);
    } else choices.push({ present, ...choice });
  }
  return { choices, left };
}

type Chosen = { candidate: Candidate | null; wanted: boolean } | { left: Left };

function choose(request: ChoiceRequest, present: Present, count: number): Chosen {
  const { installed, held, damage } = present;
  const { name, version, architecture } = installed.candidate;
  const leave = (reason: Left['reason'], candidate: Candidate | null, detail: string): Chosen => ({
    left: { name, version, candidate: candidate?.version ?? null, reason, detail },
  });
  if (architecture !== 'all' && architecture !== request.architecture)
    return leave(
      'foreign-architecture',
      null,
      `it is built for ${architecture} in an image for ${request.architecture}; only the image's own architecture is repaired`,
    );
  const offers = offersOf(request, name);
  const newest = highest(offers.map(({ candidate }) => candidate));
  if (!newest) {
    const detail = "no suite of the image's release has a package of this name, so nobody here knows of newer versions";
    return leave('third-party', null, detail);
  }
  if (compareVersions(newest.version, version) <= 0) return { candidate: null, wanted: false };
  if (damage !== null)
    return leave('damaged', newest, `${damage}; mend that first (dpkg --configure, apt-get -f install)`);
  if (held) return leave('held', newest, 'it is on hold in dpkg’s selections');
  if (count > 1)
    return leave(
      'foreign-architecture',
      newest,
      'it is installed for several architectures, whose versions must stay equal; only the image’s own is repaired',
    );
  const candidate = preferred(request.preferences, offers, installed.candidate);
  if (!candidate) return leave('pinned', newest, 'the image’s own apt preferences keep the version that is there');
  // A fix that is offered by security, or came with a point release of the base.
  const counts = offers.some(
    (offer) => offer.role !== 'updates' && compareVersions(offer.candidate.version, version) > 0,
  );
  return { candidate, wanted: counts && (request.only === null || isWanted(request.only, name, version)) };
}

function isWanted(only: readonly Wanted[], name: string, version: string): boolean {
  return only.some((each) => each.name === name && (each.version === undefined || each.version === version));
}

type Offered = { role: OpenSuite['role']; suite: OpenSuite; candidate: Candidate };

function offersOf({ suites, architecture }: ChoiceRequest, name: string): Offered[] {
  return suites.flatMap((suite) =>
    suite.indexes
      .flatMap((index) => index.named(name))
      .filter((candidate) => candidate.architecture === architecture || candidate.architecture === 'all')
      .map((candidate) => ({ role: suite.role, suite, candidate })),
  );
}

function highest(candidates: Candidate[]): Candidate | null {
  return candidates.reduce<Candidate | null>(
    (best, each) => (best && compareVersions(best.version, each.version) >= 0 ? best : each),
    null,
  );
}

/** The highest priority wins, then the highest version; null where that is not newer than what is there. */
function preferred(preferences: Preferences, offers: Offered[], installed: Candidate): Candidate | null {
  if (preferences.none) return highest(offers.map(({ candidate }) => candidate));
  const stays = preferences.priority(offerOf(installed, null));
  let best: { candidate: Candidate; priority: number } = { candidate: installed, priority: stays };
  for (const { candidate, suite } of offers) {
    const priority = preferences.priority(offerOf(candidate, suite));
    if (priority < 0 || compareVersions(candidate.version, installed.version) < 0) continue;
    const order = priority - best.priority || compareVersions(candidate.version, best.candidate.version);
    if (order > 0) best = { candidate, priority };
  }
  return compareVersions(best.candidate.version, installed.version) > 0 ? best.candidate : null;
}

function offerOf(candidate: Candidate, suite: OpenSuite | null): Offer {
  const { name, version, stanza } = candidate;
  const source = stanza.get('source')?.split(' ')[0] ?? name;
  if (!suite) return { name, source, version, suite: null };
  const { suite: archive, codename, origin, label, version: release } = suite.suite.release;
  return {
    name,
    source,
    version,
    suite: {
      name: suite.suite.name,
      suite: archive,
      codename,
      origin,
      label,
      version: release,
      component: componentOf(candidate),
      host: new URL(suite.suite.url).hostname,
    },
  };
}
