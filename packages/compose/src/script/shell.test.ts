import { describe, expect, test } from 'vitest';
import { inMemory } from '../files/content.ts';
import { Tree } from '../files/tree.ts';
import { Debconf } from '../install/debconf.ts';
import type { World } from '../install/world.ts';
import { allSteps } from '../steps/all.ts';
import { type Notes, Shell } from './shell.ts';
import { NotCovered } from './syntax.ts';

function world(files: Record<string, string> = {}): World {
  const tree = new Tree(1_780_000_000);
  tree.makeDirectory('/tmp');
  tree.makeDirectory('/usr/bin');
  tree.write('/etc/passwd', inMemory('root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n'));
  tree.write('/etc/group', inMemory('root:x:0:\nnogroup:x:65534:\nshadow:x:42:\n'));
  for (const [path, text] of Object.entries(files))
    tree.write(path, inMemory(text), path.includes('/bin/') ? 0o755 : 0o644);
  return {
    tree,
    now: 1_780_000_000,
    architecture: 'amd64',
    packages: new Map(),
    debconf: new Debconf(),
    current: 'demo',
    temporaries: [],
  };
}

function run(script: string, on = world(), args: string[] = ['configure', '']) {
  const notes: Notes = { made: new Set(), without: new Set(), undone: [] };
  const shell = new Shell(on, allSteps, new Map(), notes);
  const out: string[] = [];
  shell.descriptors.set(1, { write: (text) => void out.push(text) });
  const status = shell.run(script, 'script', args);
  return { status, out: out.join(''), notes, tree: on.tree };
}

describe('the language', () => {
  test.each<[string, string]>([
    ['echo "a  b" c', 'a  b c\n'],
    ['x=1; echo "$x" \'$x\' "\\$x" ${x}2', '1 $x $x 12\n'],
    ['x="a b"; for i in $x "$x"; do echo "<$i>"; done', '<a>\n<b>\n<a b>\n'],
    ['f() { local y=2; echo "$1-$y-$#"; return 3; }; f a b || echo $?', 'a-2-2\n3\n'],
    ['case "$1" in install|upgrade) echo no;; conf*) echo yes;; esac', 'yes\n'],
    ['if [ -n "$2" ] && dpkg --compare-versions "$2" lt 1; then echo old; else echo new; fi', 'new\n'],
    ['x=/a/b.c.d; echo ${x##*/} ${x%/*} ${x%%.*} ${x#*.} ${#x}', 'b.c.d /a /a/b c.d 8\n'],
    ['echo ${u:-d} ${u-e} ${u:+z}; : ${u:=v}; echo $u', 'd e\nv\n'],
    ['echo $((1 + 2 * 3)) $(( $(echo 7) % 4 ))', '7 3\n'],
    ['cat <<EOF\na $((1+1))\n`echo b`\nEOF', 'a 2\nb\n'],
    ["cat <<'EOF'\na $x\nEOF", 'a $x\n'],
    ['printf "%s:%d\\n" a 1 b 2', 'a:1\nb:2\n'],
    ['echo "k: v" | while read -r k v; do echo "$v $k"; done', 'v k:\n'],
    ['IFS=:; set -- a:b; echo "$1"; IFS=,; x=1,2; set -- $x; echo "$2"', 'a:b\n2\n'],
    ['i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo $i; done', '1\n3\n'],
    ['echo "x=1 y=2" | sed -e "s/\\([a-z]\\)=\\([0-9]\\)/\\2\\1/g"', '1x 2y\n'],
    ['printf "b\\na\\nb\\n" | sort | uniq -c', '      1 a\n      2 b\n'],
    ['(x=2; echo $x); echo ${x:-none}', '2\nnone\n'],
    ['while getopts "ab:" o; do echo "$o=$OPTARG"; done', ''],
    ['set -- "a b" c; for i; do echo "$i"; done; echo "$@"', 'a b\nc\na b c\n'],
    ['! false && echo not', 'not\n'],
    ['printf "a\\nb\\n" | tail -1', 'b\n'],
    ["find /etc -maxdepth 1 ! '(' -name 'p*' -o -type d ')' -printf '%f\\n'", 'group\n'],
    ['echo err >&2; echo out 2>/dev/null', 'out\n'],
  ])('%s', (script, out) => {
    expect(run(script).out).toBe(out);
  });

  test('set -e ends a script at a failing command, but not in a condition', () => {
    expect(run('set -e; if false; then :; fi; false || echo a; false; echo b')).toMatchObject({
      out: 'a\n',
      status: 1,
    });
    expect(run('#!/bin/sh -e\nfalse\necho b')).toMatchObject({ out: '', status: 1 });
  });

  test('a program that is not in the image is as absent as it would be', () => {
    expect(run('if command -v nowhere >/dev/null; then echo a; else echo b; fi; nowhere || echo $?').out).toBe(
      'b\n127\n',
    );
  });
});

describe('what cannot be carried out', () => {
  const on = () => world({ '/usr/bin/opaque': '\x7fELF' });

  test('is noted where nothing depends on it', () => {
    const result = run('opaque --now\nopaque >/dev/null || true\ntouch /etc/done', on());
    expect(result.notes.undone).toEqual(['opaque --now', 'opaque']);
    expect(result.tree.find('/etc/done')).not.toBeNull();
  });

  test.each([
    ['a condition', 'if opaque; then touch /etc/done; fi'],
    ['a substitution', 'x=$(opaque); rm -rf "/etc/$x"'],
    ['a pipe', 'opaque | while read x; do rm -rf /etc; done'],
    ['an option of a known command', 'cp --unheard-of /etc/passwd /etc/done'],
    ['a job in the background', 'touch /etc/done &'],
  ])('ends the script in %s', (_, script) => {
    const base = on();
    expect(() => run(script, base)).toThrow(NotCovered);
    expect(base.tree.find('/etc/done')).toBeNull();
    expect(base.tree.find('/etc/passwd')).not.toBeNull();
  });

  test.each([
    ['a loop without end', 'while true; do :; done'],
    ['functions that call themselves', 'f() { f; }; f'],
    ['a variable that doubles', 'x=aaaaaaaa; while true; do x=$x$x; done'],
  ])('%s is stopped', (_, script) => {
    expect(() => run(script)).toThrow(NotCovered);
  });
});

describe('the steps', () => {
  test('adduser makes a system user with group and home', () => {
    const { tree } = run('adduser --system --group --quiet --home /var/lib/demo demo && chown demo:demo /etc/passwd');
    expect(tree.readText('/etc/passwd')).toContain('demo:*:100:100::/var/lib/demo:/usr/sbin/nologin\n');
    expect(tree.readText('/etc/group')).toContain('demo:x:100:\n');
    expect(tree.find('/var/lib/demo')).toMatchObject({ kind: 'directory', uid: 100, gid: 100 });
  });

  test('alternatives follow the highest priority and keep dpkg’s database', () => {
    const files = { '/usr/bin/vi.a': '', '/usr/bin/vi.b': '', '/usr/share/man/b.1': '' };
    const { tree } = run(
      'update-alternatives --install /usr/bin/vi vi /usr/bin/vi.a 10\nupdate-alternatives --install /usr/bin/vi vi /usr/bin/vi.b 20 --slave /usr/share/man/vi.1 vi.1 /usr/share/man/b.1',
      world(files),
    );
    expect(tree.lfind('/etc/alternatives/vi')).toMatchObject({ target: '/usr/bin/vi.b' });
    expect(tree.lfind('/usr/bin/vi')).toMatchObject({ target: '/etc/alternatives/vi' });
    expect(tree.readText('/var/lib/dpkg/alternatives/vi')).toBe(
      'auto\n/usr/bin/vi\nvi.1\n/usr/share/man/vi.1\n\n/usr/bin/vi.a\n10\n\n/usr/bin/vi.b\n20\n/usr/share/man/b.1\n\n',
    );
  });

  test('diversions move what is there and are remembered', () => {
    const { tree } = run(
      'dpkg-divert --package demo --rename --divert /etc/x.distrib --add /etc/x',
      world({ '/etc/x': 'old' }),
    );
    expect(tree.readText('/etc/x.distrib')).toBe('old');
    expect(tree.readText('/var/lib/dpkg/diversions')).toBe('/etc/x\n/etc/x.distrib\ndemo\n');
  });

  test.each<[string, string, number]>([
    ['u+s,go-w', '0777', 0o4755],
    ['a=rX', '0755', 0o555],
    ['2750', '0644', 0o2750],
    ['o=', '0755', 0o750],
  ])('chmod %s on %s', (mode, before, after) => {
    const { tree } = run(`touch /etc/x; chmod ${before} /etc/x; chmod ${mode} /etc/x`);
    expect(tree.find('/etc/x')?.mode).toBe(after);
  });

  test('links cannot lead a write out of the tree', () => {
    const { tree } = run('ln -s ../../../../../../etc /tmp/up; echo x > /tmp/up/planted');
    expect(tree.readText('/etc/planted')).toBe('x\n');
  });
});
