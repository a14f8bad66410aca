/** Releases of distributions, and until when each gets security updates. Long-term support counts, paid support does not. */
import type { Distribution } from '@pratique/contract';

export type Release = { id: string; version: string; codename: string | null; supportEnds: string };

/** Release and last day of support as a date, from the distributions' own pages (endoflife.date collects them). */
const RELEASES: readonly Release[] = [
  // Debian: the end of LTS (wiki.debian.org/LTS); ELTS is a paid offer.
  ...table('debian', [
    ['7', 'wheezy', '2018-05-31'],
    ['8', 'jessie', '2020-06-30'],
    ['9', 'stretch', '2022-06-30'],
    ['10', 'buster', '2024-06-30'],
    ['11', 'bullseye', '2026-08-31'],
    ['12', 'bookworm', '2028-06-30'],
    ['13', 'trixie', '2030-06-30'],
    // Not released yet; updates come with it, and support will be at least as long as its predecessor's.
    ['14', 'forky', '2032-06-30'],
  ]),
  // Alpine: two years for each (alpinelinux.org/releases).
  ...table('alpine', [
    ['3.10', null, '2021-05-01'],
    ['3.11', null, '2021-11-01'],
    ['3.12', null, '2022-05-01'],
    ['3.13', null, '2022-11-01'],
    ['3.14', null, '2023-05-01'],
    ['3.15', null, '2023-11-01'],
    ['3.16', null, '2024-05-23'],
    ['3.17', null, '2024-11-22'],
    ['3.18', null, '2025-05-09'],
    ['3.19', null, '2025-11-01'],
    ['3.20', null, '2026-04-01'],
    ['3.21', null, '2026-11-01'],
    ['3.22', null, '2027-05-01'],
    ['3.23', null, '2027-11-01'],
  ]),
  // Ubuntu: standard support (ubuntu.com/about/release-cycle); Pro is a subscription.
  ...table('ubuntu', [
    ['14.04', 'trusty', '2019-04-25'],
    ['16.04', 'xenial', '2021-04-30'],
    ['18.04', 'bionic', '2023-05-31'],
    ['20.04', 'focal', '2025-05-31'],
    ['22.04', 'jammy', '2027-04-30'],
    ['23.10', 'mantic', '2024-07-11'],
    ['24.04', 'noble', '2029-05-31'],
    ['24.10', 'oracular', '2025-07-10'],
    ['25.04', 'plucky', '2026-01-15'],
    ['25.10', 'questing', '2026-07-31'],
    ['26.04', 'resolute', '2031-05-31'],
  ]),
  ...table('almalinux', [
    ['8', null, '2029-03-01'],
    ['9', null, '2032-05-31'],
    ['10', null, '2035-05-31'],
  ]),
  ...table('rocky', [
    ['8', null, '2029-05-31'],
    ['9', null, '2032-05-31'],
    ['10', null, '2035-05-31'],
  ]),
  ...table('centos', [
    ['6', null, '2020-11-30'],
    ['7', null, '2024-06-30'],
    ['8', null, '2021-12-31'],
    ['9', null, '2027-05-31'],
    ['10', null, '2030-05-31'],
  ]),
  ...table('rhel', [
    ['7', null, '2024-06-30'],
    ['8', null, '2029-05-31'],
    ['9', null, '2032-05-31'],
    ['10', null, '2035-05-31'],
  ]),
];

/** Distributions whose release is named by the major number alone, whatever minor number os-release gives. */
const BY_MAJOR: ReadonlySet<string> = new Set(['debian', 'almalinux', 'rocky', 'centos', 'rhel']);

function table(id: string, rows: readonly (readonly [string, string | null, string])[]): Release[] {
  return rows.map(([version, codename, supportEnds]) => ({ id, version, codename, supportEnds }));
}

/** The release that a version (`12`, `12.5`, `3.18.4`) or a codename (`bookworm`) names; null where it is not in the table. */
export function releaseOf(id: string, versionOrCodename: string): Release | null {
  const parts = versionOrCodename.split('.');
  const version = BY_MAJOR.has(id) ? (parts[0] ?? '') : parts.slice(0, 2).join('.');
  return (
    RELEASES.find(
      (each) =>
        each.id === id && (each.version === version || (each.codename !== null && each.codename === versionOrCodename)),
    ) ?? null
  );
}

export type Support = { known: boolean; supported: boolean; supportEnds: string | null };

/**
 * Whether security updates are still made for a release, on the day of `now` in UTC; the last day itself counts.
 * A release that is not in the table is not known and not supported.
 */
export function supportOf(distribution: Pick<Distribution, 'id' | 'version' | 'codename'>, now: Date): Support {
  const release = releaseOf(distribution.id, distribution.version || distribution.codename || '');
  if (!release) return { known: false, supported: false, supportEnds: null };
  return {
    known: true,
    supported: now.toISOString().slice(0, 10) <= release.supportEnds,
    supportEnds: release.supportEnds,
  };
}
