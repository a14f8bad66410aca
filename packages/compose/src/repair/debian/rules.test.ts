/** dpkg's rules on an upgrade, one package for each rule; all of them are repaired at once. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tree } from '../../files/tree.ts';
import { pathsOf, Scenario } from '../../fixture/repair-scenario.ts';
import type { Deb } from '../../fixture/signed-archive.ts';
import type { RepairedImage } from '../repair.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const folder = (path: string) => ({ path, type: 'directory' as const });
const logging = (script: string) => `#!/bin/sh\nset -e\necho "${script} $*" >> /var/log/scripts\n`;

const CONFFILES = ['unchanged', 'changed', 'deleted', 'theirs', 'already', 'new'];
const conffiles = (names: string[]) => names.map((name) => `/etc/conf/${name}\n`).join('');
const conf = (version: string, names: string[]): Deb => ({
  name: 'conf',
  version,
  files: [
    folder('./etc/conf/'),
    ...names.map((name) => ({
      path: `./etc/conf/${name}`,
      content: name === 'theirs' ? 'both\n' : `packaged ${version}\n`,
    })),
  ],
  control: { conffiles: conffiles(names) },
});

const one = (name: string, version: string, path: string, more: Partial<Deb> = {}): Deb => ({
  name,
  version,
  files: [{ path, content: `${name} ${version}\n`, mode: 0o755 }],
  ...more,
});

const OLD: Deb[] = [
  {
    name: 'tool',
    version: '1.0',
    files: [
      { path: './usr/bin/tool', content: 'old', mode: 0o755 },
      folder('./usr/share/tool/'),
      { path: './usr/share/tool/same', content: 'same' },
      { path: './usr/share/tool/obsolete', content: 'x' },
      folder('./usr/share/tool/gone/'),
      { path: './usr/share/tool/gone/a', content: 'a' },
      folder('./usr/share/tool/kept/'),
      { path: './usr/share/tool/kept/a', content: 'a' },
      { path: './usr/share/tool/first', content: 'linked' },
      { path: './usr/share/tool/second', type: 'hardlink', target: './usr/share/tool/first' },
    ],
    control: { md5sums: `${md5('old')}  usr/bin/tool\n${md5('same')}  usr/share/tool/same\n` },
  },
  conf('1.0', ['unchanged', 'changed', 'deleted', 'theirs', 'already', 'obsolete']),
  one('diverted', '1.0', './usr/bin/diverted'),
  one('overridden', '1.0', './usr/bin/overridden'),
  one('linked', '1.0', './usr/bin/linked'),
  {
    name: 'astray',
    version: '1.0',
    files: [folder('./usr/share/astray/'), { path: './usr/share/astray/data', content: 'one' }],
  },
  one('merged', '1.0', './lib/merged.so'),
  {
    name: 'scripted',
    version: '1.0',
    control: { prerm: logging('old-prerm'), postrm: logging('old-postrm'), postinst: logging('old-postinst') },
  },
  {
    name: 'listener',
    version: '1.0',
    control: { triggers: 'interest-noawait /usr/share/tool\ninterest named\n', postinst: logging('listener') },
  },
  one('giver', '1.0', './usr/bin/given'),
  {
    name: 'renamer',
    version: '1.0',
    files: [
      folder('./etc/renamer/'),
      { path: './etc/renamer/a', content: 'a\n' },
      { path: './etc/renamer/b', content: 'b\n' },
    ],
    control: { conffiles: '/etc/renamer/a\n/etc/renamer/b\n' },
  },
];

const NEW: Deb[] = [
  {
    name: 'tool',
    version: '2.0',
    files: [
      { path: './usr/bin/tool', content: 'new', mode: 0o755 },
      folder('./usr/share/tool/'),
      { path: './usr/share/tool/same', content: 'same' },
      { path: './usr/share/tool/added', content: 'y' },
      { path: './usr/share/tool/first', content: 'linked again' },
      { path: './usr/share/tool/second', type: 'hardlink', target: './usr/share/tool/first' },
    ],
    control: { md5sums: `${md5('new')}  usr/bin/tool\n` },
  },
  conf('2.0', CONFFILES),
  one('diverted', '2.0', './usr/bin/diverted'),
  one('overridden', '2.0', './usr/bin/overridden'),
  one('linked', '2.0', './usr/bin/linked'),
  {
    name: 'astray',
    version: '2.0',
    files: [folder('./usr/share/astray/'), { path: './usr/share/astray/data', content: 'two' }],
  },
  one('merged', '2.0', './usr/lib/merged.so'),
  {
    name: 'scripted',
    version: '2.0',
    control: {
      preinst: logging('new-preinst'),
      prerm: logging('new-prerm'),
      postinst: `${logging('new-postinst')}dpkg-trigger --no-await named\n`,
    },
  },
  one('taker', '1.0', './usr/bin/given', { fields: { Replaces: 'giver (<< 2.0)', Breaks: 'giver (<< 2.0)' } }),
  { name: 'giver', version: '2.0', fields: { Depends: 'taker' } },
  {
    name: 'renamer',
    version: '2.0',
    files: [folder('./etc/renamer/'), { path: './etc/renamer/c', content: 'c\n' }],
    control: {
      conffiles: '/etc/renamer/c\n',
      preinst:
        '#!/bin/sh\nset -e\ndpkg-maintscript-helper rm_conffile /etc/renamer/a 2.0~ -- "$@"\ndpkg-maintscript-helper mv_conffile /etc/renamer/b /etc/renamer/c 2.0~ -- "$@"\n',
      postinst:
        '#!/bin/sh\nset -e\ndpkg-maintscript-helper rm_conffile /etc/renamer/a 2.0~ -- "$@"\ndpkg-maintscript-helper mv_conffile /etc/renamer/b /etc/renamer/c 2.0~ -- "$@"\n',
    },
  },
];

let scenario: Scenario;
let repaired: RepairedImage;
let tree: Tree;
let layer: string[];
const text = (path: string) => tree.readText(path);
const stanza = (name: string) =>
  (text('/var/lib/dpkg/status') ?? '').split('\n\n').find((each) => each.startsWith(`Package: ${name}\n`)) ?? '';
const listed = (name: string) => (text(`/var/lib/dpkg/info/${name}.list`) ?? '').split('\n').filter(Boolean);

beforeAll(async () => {
  scenario = await Scenario.make(OLD, NEW);
  const image = await scenario.image(OLD.map(({ name }) => name));
  const users = await scenario.over(image, {
    '/etc/conf/changed': 'mine\n',
    '/etc/conf/deleted': null,
    '/etc/conf/theirs': 'mine\n',
    '/etc/conf/already': 'packaged 2.0\n',
    '/etc/conf/obsolete': 'mine\n',
    '/usr/share/tool/kept/mine': 'mine',
    '/usr/bin/tool': 'tampered with',
    '/var/lib/dpkg/diversions': '/usr/bin/diverted\n/usr/bin/diverted.real\n:\n',
    '/usr/bin/diverted': 'mine',
    '/usr/bin/diverted.real': 'diverted 1.0\n',
    '/var/lib/dpkg/statoverride': 'www www 4750 /usr/bin/overridden\n',
    '/usr/bin/linked': { link: '../../../../../../etc/passwd' },
    '/usr/share/astray': { link: '../../../../../../../../srv/elsewhere' },
    '/srv/elsewhere/data': 'one',
  });
  repaired = await scenario.repair(users);
  const both = { source: repaired.source, manifest: repaired.manifest };
  tree = await scenario.tree(both);
  layer = pathsOf(await scenario.tree(both, 2));
});
afterAll(() => scenario.close());

test('everything offered is upgraded, and what an upgrade needs is added', () => {
  expect(repaired.result.left).toEqual([]);
  expect(repaired.result.upgraded.map(({ name, from, to }) => `${name} ${from} ${to}`)).toEqual([
    'astray 1.0 2.0',
    'conf 1.0 2.0',
    'diverted 1.0 2.0',
    'giver 1.0 2.0',
    'linked 1.0 2.0',
    'merged 1.0 2.0',
    'overridden 1.0 2.0',
    'renamer 1.0 2.0',
    'scripted 1.0 2.0',
    'taker null 1.0',
    'tool 1.0 2.0',
  ]);
});

describe('files', () => {
  test('are replaced, added and removed; a directory goes when it is empty', () => {
    expect(text('/usr/bin/tool')).toBe('new');
    expect(text('/usr/share/tool/added')).toBe('y');
    expect(tree.lfind('/usr/share/tool/obsolete')).toBeNull();
    expect(tree.lfind('/usr/share/tool/gone')).toBeNull();
    expect(text('/usr/share/tool/kept/mine')).toBe('mine');
    expect(tree.lfind('/usr/share/tool/kept/a')).toBeNull();
  });

  test('that did not change are not in the layer', () => {
    expect(layer).toContain('/usr/bin/tool');
    expect(layer).not.toContain('/usr/share/tool/same');
    expect(layer).not.toContain('/etc/passwd');
  });

  test('with two names keep both', () => {
    expect(tree.find('/usr/share/tool/first')).toBe(tree.find('/usr/share/tool/second'));
    expect(text('/usr/share/tool/second')).toBe('linked again');
  });

  test('that somebody tampered with are replaced, and the report says so', () => {
    expect(repaired.result.differences).toContainEqual({
      package: 'tool',
      path: '/usr/bin/tool',
      was: 'modified',
      now: 'as-packaged',
    });
  });

  test('that are diverted go where they are diverted to', () => {
    expect(text('/usr/bin/diverted')).toBe('mine');
    expect(text('/usr/bin/diverted.real')).toBe('diverted 2.0\n');
  });

  test('get the mode and owner that an override says', () => {
    expect(tree.find('/usr/bin/overridden')).toMatchObject({ mode: 0o4750, uid: 33, gid: 33 });
    expect(text('/usr/bin/overridden')).toBe('overridden 2.0\n');
  });

  test('in place of which is a link replace the link, not what it leads to', () => {
    expect(tree.lfind('/usr/bin/linked')).toMatchObject({ kind: 'file' });
    expect(text('/etc/passwd')).toMatch(/^root:/);
  });

  test('below a directory that is a link out of the tree stay inside the tree', () => {
    expect(tree.lfind('/usr/share/astray')).toMatchObject({ kind: 'symlink' });
    expect(text('/srv/elsewhere/data')).toBe('two');
    expect(layer).toContain('/srv/elsewhere/data');
    expect(layer.filter((path) => path.includes('..'))).toEqual([]);
  });

  test('that move from /lib to /usr/lib are still there where the one is a link to the other', () => {
    expect(tree.lfind('/lib')).toMatchObject({ kind: 'symlink' });
    expect(text('/usr/lib/merged.so')).toBe('merged 2.0\n');
    expect(listed('merged')).toContain('/usr/lib/merged.so');
  });

  test('that another package takes over are its own from then on', () => {
    expect(text('/usr/bin/given')).toBe('taker 1.0\n');
    expect(listed('giver')).not.toContain('/usr/bin/given');
    expect(listed('taker')).toContain('/usr/bin/given');
  });
});

describe('configuration files', () => {
  test.each([
    ['are replaced where nobody changed them', 'unchanged', 'packaged 2.0\n', null],
    ['are kept where somebody did, with the new one beside', 'changed', 'mine\n', 'packaged 2.0\n'],
    ['stay deleted, with the new one beside', 'deleted', null, 'packaged 2.0\n'],
    ['are kept without another where the package changed nothing', 'theirs', 'mine\n', null],
    ['that are already as the new ones stay', 'already', 'packaged 2.0\n', null],
    ['that are new are put there', 'new', 'packaged 2.0\n', null],
    ['that the package has no more stay', 'obsolete', 'mine\n', null],
  ])('%s', (_, name, content, beside) => {
    expect(text(`/etc/conf/${name}`)).toBe(content);
    expect(text(`/etc/conf/${name}.dpkg-dist`)).toBe(beside);
  });

  test('have the new hashes in the database, and obsolete ones their mark', () => {
    const lines = CONFFILES.map((name) => ` /etc/conf/${name} ${md5(name === 'theirs' ? 'both\n' : 'packaged 2.0\n')}`);
    expect(stanza('conf')).toContain(
      `Conffiles:\n${lines.join('\n')}\n /etc/conf/obsolete ${md5('packaged 1.0\n')} obsolete\n`,
    );
    expect(listed('conf')).toContain('/etc/conf/obsolete');
  });

  test('that were changed are in the report', () => {
    const found = repaired.result.differences.filter((each) => each.package === 'conf');
    expect(found.map(({ path, was }) => `${path} ${was}`).sort()).toEqual([
      '/etc/conf/changed configuration-modified',
      '/etc/conf/deleted configuration-missing',
      '/etc/conf/theirs configuration-modified',
    ]);
  });

  test('are removed and renamed where a script says so', () => {
    expect(pathsOf(tree).filter((path) => path.startsWith('/etc/renamer'))).toEqual(['/etc/renamer/c']);
    expect(stanza('renamer')).toContain(`Conffiles:\n /etc/renamer/c ${md5('c\n')}\n`);
    expect(stanza('renamer')).not.toContain('obsolete');
  });
});

describe('the database', () => {
  test('has the new stanza in place of the old one, and leaves others as they were', () => {
    expect(stanza('tool')).toMatch(/^Package: tool\nStatus: install ok installed\n/);
    expect(stanza('tool')).toContain('\nVersion: 2.0\n');
    expect(stanza('listener')).toContain('\nVersion: 1.0\n');
    const names = [...(text('/var/lib/dpkg/status') ?? '').matchAll(/^Package: (.*)$/gm)].map(([, name]) => name);
    expect(names).toEqual(names.toSorted((a = '', b = '') => (a < b ? -1 : 1)));
  });

  test('lists the files of the new version', () => {
    expect(listed('tool')).toEqual([
      '/.',
      '/usr/bin/tool',
      '/usr/share/tool',
      '/usr/share/tool/same',
      '/usr/share/tool/added',
      '/usr/share/tool/first',
      '/usr/share/tool/second',
    ]);
    expect(text('/var/lib/dpkg/info/tool.md5sums')).toContain(md5('new'));
    expect(text('/var/lib/dpkg/info/scripted.postrm')).toBeNull();
  });
});

describe('scripts', () => {
  test('run in dpkg’s order with its arguments, triggers last and once', () => {
    const lines = (text('/var/log/scripts') ?? '').split('\n').filter((line) => !line.startsWith('old-postinst'));
    expect(lines.filter((line) => line !== '' && !line.startsWith('listener configure'))).toEqual([
      'listener triggered /usr/share/tool',
      'old-prerm upgrade 2.0',
      'new-preinst upgrade 1.0 2.0',
      'old-postrm upgrade 2.0',
      'new-postinst configure 1.0',
      'listener triggered /usr/share/tool named',
    ]);
  });

  test('are all in the report', () => {
    expect(repaired.result.scripts.map((each) => `${each.package} ${each.script} ${each.handled}`)).toEqual([
      'renamer preinst upgrade built-in',
      'scripted prerm upgrade built-in',
      'scripted preinst upgrade built-in',
      'scripted postrm upgrade built-in',
      'renamer postinst configure built-in',
      'scripted postinst configure built-in',
      'listener postinst triggered /usr/share/tool named built-in',
    ]);
  });
});
