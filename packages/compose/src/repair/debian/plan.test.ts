/** What is upgraded and what is left, with the reason; each image is repaired from a small signed archive. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Over, Scenario } from '../../fixture/repair-scenario.ts';
import type { Deb } from '../../fixture/signed-archive.ts';
import type { RepairOptions } from '../repair.ts';

const deb = (name: string, version: string, fields: Record<string, string> = {}, more: Partial<Deb> = {}): Deb => ({
  name,
  version,
  fields,
  ...more,
});

/** Two versions of everything; each test installs what it is about. */
const BASE: Deb[] = [
  deb('plain', '1.0'),
  deb('other', '1.0'),
  deb('locked', '1.0', { Depends: 'locked-data (= 1.0)' }),
  deb('locked-data', '1.0'),
  deb('needs-new', '1.0'),
  deb('needs-missing', '1.0'),
  deb('fights', '1.0'),
  deb('peer', '1.0'),
  deb('moves', '1.0'),
  deb('moves-old', '1.0'),
  deb('broken-user', '1.0', { Depends: 'provider (<< 2.0)' }),
  deb('provider', '1.0'),
  deb('scripted', '1.0'),
  deb('leans', '1.0', { Depends: 'scripted' }),
  deb('ahead', '3.0'),
  deb('pointed', '1.0'),
];
const NEW: Deb[] = [
  deb('plain', '2.0'),
  deb('other', '2.0'),
  deb('locked', '2.0', { Depends: 'locked-data (= 2.0)' }),
  deb('locked-data', '2.0'),
  deb('needs-new', '2.0', { Depends: 'fresh | nowhere' }),
  deb('fresh', '1.0', { Depends: 'fresh-too' }),
  deb('fresh-too', '1.0'),
  deb('needs-missing', '2.0', { Depends: 'nowhere (>= 1)' }),
  deb('fights', '2.0', { Conflicts: 'peer' }),
  deb('moves', '2.0', { Breaks: 'moves-old (<< 2.0)' }),
  deb('moves-old', '2.0'),
  deb('provider', '2.0'),
  deb('scripted', '2.0', {}, { control: { postinst: '#!/usr/bin/perl\nprint 1;\n' } }),
  deb('leans', '2.0', { Depends: 'scripted (>= 2.0)' }),
  deb('ahead', '2.0'),
];

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.make(BASE, NEW);
});
afterAll(() => scenario.close());

async function repair(include: string[], over: Record<string, Over> = {}, options: Partial<RepairOptions> = {}) {
  const image = await scenario.image(include);
  const changed = Object.keys(over).length > 0 ? await scenario.over(image, over) : image;
  const { result } = await scenario.repair(changed, options);
  return {
    result,
    upgraded: result.upgraded.map(({ name, to }) => `${name} ${to}`),
    left: result.left.map(({ name, reason }) => `${name} ${reason}`),
    details: result.left.map(({ detail }) => detail).join('\n'),
  };
}

/** dpkg's status with one line changed. */
async function status(include: string[], change: (text: string) => string): Promise<Record<string, Over>> {
  const tree = await scenario.tree(await scenario.image(include));
  return { '/var/lib/dpkg/status': change(tree.readText('/var/lib/dpkg/status') ?? '') };
}

const pin = (record: string) => ({ '/etc/apt/preferences.d/mine': record });

describe('upgraded is', () => {
  test('what security offers, with all that must go along', async () => {
    const { upgraded, left } = await repair(['plain', 'locked', 'needs-new', 'moves', 'moves-old', 'ahead']);
    expect(upgraded).toEqual([
      'fresh 1.0',
      'fresh-too 1.0',
      'locked 2.0',
      'locked-data 2.0',
      'moves 2.0',
      'moves-old 2.0',
      'needs-new 2.0',
      'plain 2.0',
    ]);
    expect(left).toEqual([]);
  });

  test.each([
    ['only what was asked for', ['plain', 'other'], [{ name: 'plain' }], ['plain 2.0']],
    ['what that needs', ['plain', 'locked'], [{ name: 'locked' }], ['locked 2.0', 'locked-data 2.0']],
    ['what would break without', ['plain', 'locked'], [{ name: 'locked-data' }], ['locked 2.0', 'locked-data 2.0']],
    [
      'what it would break otherwise',
      ['plain', 'moves', 'moves-old'],
      [{ name: 'moves' }],
      ['moves 2.0', 'moves-old 2.0'],
    ],
    ['nothing of another version', ['plain'], [{ name: 'plain', version: '0.9' }], []],
  ])('%s', async (_, include, onlyFindings, expected) => {
    expect((await repair(include, {}, { onlyFindings })).upgraded).toEqual(expected);
  });

  test('not what only the updates suite has, but its version where security has one too', async () => {
    await scenario.archive.publish('test-updates', [deb('plain', '2.5'), deb('pointed', '2.5')]);
    const { upgraded } = await repair(['plain', 'pointed']);
    await scenario.archive.publish('test-updates', []);
    expect(upgraded).toEqual(['plain 2.5']);
  });
});

describe('left is a package', () => {
  test.each<[string, string[], string[], RegExp, () => Promise<Record<string, Over>>]>([
    [
      'on hold',
      ['plain'],
      ['plain held'],
      /on hold/,
      () => status(['plain'], (text) => text.replace(/(Package: plain\nStatus: )install/, '$1hold')),
    ],
    [
      'half configured',
      ['plain'],
      ['plain damaged'],
      /half-configured/,
      () =>
        status(['plain'], (text) =>
          text.replace(/(Package: plain\nStatus: install ok )installed/, '$1half-configured'),
        ),
    ],
    [
      'without its list of files',
      ['plain'],
      ['plain damaged'],
      /list of files/,
      async () => ({ '/var/lib/dpkg/info/plain.list': null }),
    ],
    [
      'of another architecture',
      ['plain'],
      ['plain foreign-architecture'],
      /built for arm64/,
      () => status(['plain'], (text) => text.replace(/(Package: plain\n(?:.+\n)*?Architecture: )all/, '$1arm64')),
    ],
    [
      'that no suite has',
      ['plain'],
      ['mine third-party'],
      /no suite/,
      () => status(['plain'], (text) => text.replace('Package: plain\n', 'Package: mine\n')),
    ],
    [
      'pinned by its version',
      ['plain'],
      ['plain pinned'],
      /preferences/,
      async () => pin('Package: plain\nPin: version 1.0\nPin-Priority: 900\n'),
    ],
    [
      'pinned by a pattern',
      ['plain'],
      ['plain pinned'],
      /preferences/,
      async () => pin('Package: pl*\nPin: version 1.*\nPin-Priority: 900\n'),
    ],
    [
      'of a suite that is refused',
      ['plain'],
      ['plain pinned'],
      /preferences/,
      async () => pin('Package: *\nPin: release n=test-security\nPin-Priority: -1\n'),
    ],
    [
      'that needs what is not offered',
      ['needs-missing'],
      ['needs-missing not-offered'],
      /nowhere \(>= 1\)/,
      async () => ({}),
    ],
    [
      'that conflicts with what is there',
      ['fights', 'peer'],
      ['fights conflict'],
      /conflicts with peer/,
      async () => ({}),
    ],
    [
      'without which another would go',
      ['broken-user'],
      ['provider would-remove'],
      /broken-user needs provider \(<< 2.0\)/,
      async () => ({}),
    ],
  ])('%s', async (_, include, expected, detail, over) => {
    const { upgraded, left, details, result } = await repair(include, await over());
    expect(upgraded).toEqual([]);
    expect(left).toEqual(expected);
    expect(details).toMatch(detail);
    expect(result.to).toBeNull();
  });

  test('whose script cannot be carried out, and what cannot do without its upgrade; the rest is repaired', async () => {
    const { upgraded, left, details, result } = await repair(['plain', 'scripted', 'leans']);
    expect(upgraded).toEqual(['plain 2.0']);
    expect(left).toEqual(['leans not-offered', 'scripted script']);
    expect(details).toMatch(/perl/);
    expect(result.scripts).toEqual([
      expect.objectContaining({ package: 'scripted', script: 'postinst configure', handled: 'not-done' }),
    ]);
  });

  test('held that another upgrade needs: both are left, and the first cause is said', async () => {
    const over = await status(['locked'], (text) => text.replace(/(Package: locked-data\nStatus: )install/, '$1hold'));
    const { left, details } = await repair(['locked'], over);
    expect(left).toEqual(['locked not-offered', 'locked-data held']);
    expect(details).toMatch(/locked needs locked-data \(= 2.0\).*locked-data stays as it is: it is on hold/);
  });

  test('held that an upgrade would break: the upgrade is left too', async () => {
    const over = await status(['moves', 'moves-old'], (text) =>
      text.replace(/(Package: moves-old\nStatus: )install/, '$1hold'),
    );
    expect((await repair(['moves', 'moves-old'], over)).left).toEqual(['moves conflict', 'moves-old held']);
  });

  test('an image whose packages were broken before is repaired all the same', async () => {
    const over = await status(['plain', 'other'], (text) =>
      text.replace(/(Package: other\n(?:.+\n)*?)Description/, '$1Depends: gone-for-good\nDescription'),
    );
    expect((await repair(['plain', 'other'], over)).upgraded).toEqual(['other 2.0', 'plain 2.0']);
  });
});

describe('refused is an image', () => {
  test.each<[string, Record<string, Over>, string]>([
    ['whose status is a link', { '/var/lib/dpkg/status': { link: '/etc/passwd' } }, 'database-invalid'],
    ['whose status is no list of packages', { '/var/lib/dpkg/status': 'rubbish\n' }, 'database-invalid'],
    [
      'whose status has a name that leads elsewhere',
      { '/var/lib/dpkg/status': 'Package: ../x\nVersion: 1\n' },
      'database-invalid',
    ],
    ['whose pins cannot be read', pin('Package: plain\nPin: nonsense\n'), 'sources-invalid'],
    ['of a distribution that has an archive of its own', { '/etc/os-release': 'ID=mint\n' }, 'image-unsupported'],
    ['that does not say its release', { '/etc/os-release': 'ID=debian\n' }, 'image-unsupported'],
    ['without packages', { '/var/lib/dpkg/status': null }, 'image-unsupported'],
  ])('%s', async (_, over, code) => {
    await expect(repair(['plain'], over)).rejects.toMatchObject({ code });
  });
});

test('of a release that the archive no longer has, nothing can be said: that is left', async () => {
  const { result, left } = await repair(['plain'], {
    '/etc/os-release': 'ID=debian\nVERSION_ID=8\nVERSION_CODENAME=gone\n',
  });
  expect(left).toEqual(['debian end-of-life', 'debian end-of-life']);
  expect(result.to).toBeNull();
});
