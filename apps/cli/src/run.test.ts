/** Usage, help and exit codes of every command. */
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from './commands/list.ts';
import type { Context } from './context.ts';
import { createHome, type TestHome } from './testing.ts';

let home: TestHome;
beforeAll(async () => {
  home = await createHome();
});
afterAll(() => home.remove());

/** Every command that does something, by its words. */
async function leaves(): Promise<Map<string, Command>> {
  const program = new Command('pratique');
  for (const entry of COMMANDS) (await entry.load())(program, {} as Context);
  const found = new Map<string, Command>();
  const visit = (command: Command, path: string[]): void => {
    if (command.commands.length === 0) found.set(path.join(' '), command);
    for (const child of command.commands) visit(child, [...path, child.name()]);
  };
  visit(program, []);
  return found;
}

test('every command has a description, an example in its help, and --json', async () => {
  const bare: string[] = [];
  for (const [path, command] of await leaves()) {
    const { code, out } = await home.run([...path.split(' '), '--help']);
    expect([path, code]).toEqual([path, 0]);
    if (command.description() === '') bare.push(`${path}: description`);
    if (!/Examples?:\n {2}\S/.test(out) || !out.includes(`pratique ${path}`)) bare.push(`${path}: example`);
    if (!['server', 'voyage'].includes(path) && !command.options.some((option) => option.long === '--json'))
      bare.push(`${path}: --json`);
  }
  expect(bare).toEqual([]);
});

test('the summaries of the help are those of the commands themselves', async () => {
  for (const entry of COMMANDS) {
    const program = new Command('pratique');
    (await entry.load())(program, {} as Context);
    expect(Object.fromEntries(program.commands.map((one) => [one.name(), one.description()]))).toEqual(entry.names);
  }
});

describe('usage', () => {
  test.each<[string, string[], string]>([
    ['no command', [], 'Usage: pratique'],
    ['an unknown command', ['sail'], "unknown command 'sail'"],
    ['an unknown option', ['scan', 'x', '--colour'], "unknown option '--colour'"],
    ['a missing argument', ['status'], "missing required argument 'image'"],
    ['one argument too many', ['status', 'a/b', 'c'], 'too many arguments'],
    ['a severity that is none', ['scan', 'dir:.', '--fail-on', 'awful'], '--fail-on takes one of critical, high'],
    ['a folder that is none', ['scan', 'dir:gone'], 'is no folder'],
    ['an SBOM that is none', ['scan', 'sbom:gone.json'], 'is no file'],
    ['a reference that is none', ['status', 'Vendor/App'], 'no image reference'],
    ['an image without an account', ['status', 'app'], 'names no account'],
    ['an image elsewhere', ['status', 'registry.example/a/b:1'], 'copy it in first'],
    ['a place without a folder', ['copy', 'oci:', 'a/b'], 'names no folder'],
    ['a place without a file', ['copy', 'docker-archive:', 'a/b'], 'names no file'],
    ['an exception about nothing', ['exception', 'request', 'v', '--reason', 'r'], 'name one thing: a finding (--id)'],
    ['a number that is none', ['events', 'list', 'v', '--after', 'x'], '--after takes a whole number'],
    ['a number of days that is none', ['robot', 'create', 'v', 'ci', '--days', '1.5'], '--days takes a whole number'],
    ['a key that is not there', ['verify', 'oci:x', '--key', 'gone.pub'], 'gone.pub cannot be read'],
    ['a policy file that is not there', ['policy', 'apply', 'v', 'gone.yaml'], 'gone.yaml cannot be read'],
    ['a login without a password', ['login', 'http://127.0.0.1:1', '-u', 'a'], 'standard input'],
    ['a login to what is no URL', ['login', 'pratique.example', '-u', 'a'], 'is no URL'],
    ['an unknown feed', ['advisories', 'import', 'x', '--source', 'rumours'], 'Allowed choices are'],
    ['a scheme that is none', ['versions', 'compare', 'roman'], 'there are deb, apk, rpm, npm'],
    ['a scheme out of an object', ['versions', 'compare', 'constructor'], 'there is no version scheme'],
    ['an entrypoint that is no list', ['compose', 'oci:x', '--suite', 's', '--entrypoint', '[1]'], 'no JSON array'],
    ['a label without a value', ['compose', 'oci:x', '--suite', 's', '--label', 'a'], 'NAME=VALUE'],
  ])('%s exits with 2 and says what is wrong', async (_, argv, message) => {
    const ran = await home.run(argv);
    expect({ code: ran.code, out: ran.out }).toEqual({ code: 2, out: '' });
    expect(ran.notes).toContain(message);
  });

  test.each([
    [['--help']],
    [['help']],
    [['help', 'scan']],
    [['scan', '--help']],
    [['chain', '--help']],
    [['--version']],
  ])('%j exits with 0', async (argv) => {
    const { code, out, notes } = await home.run(argv);
    expect([code, notes]).toEqual([0, '']);
    expect(out).not.toBe('');
  });
});

describe('versions compare', () => {
  test.each([
    ['deb', '1.0~rc1 1.0\n1:0 2\n1.0-1 1.0-1\n', '-1\n1\n0\n'],
    ['apk', '1.2.3_rc1 1.2.3\n1.2-r1 1.2-r0', '-1\n1\n'],
    ['npm', '1.2.0-beta.2 1.2.0-beta.11\n1.0.0+a 1.0.0+b\n\n2.0.0   1.0.0\r\n', '-1\n0\n1\n'],
    ['go', 'v1.2.3 v1.10.0', '-1\n'],
    ['pypi', '1.0.dev1 1.0', '-1\n'],
    ['rpm', '1.0-1 1.0-2', '-1\n'],
    ['cargo', '1.0.0 1.0.1', '-1\n'],
    ['maven', '1.0-alpha-1 1.0', '-1\n'],
    ['gem', '1.0.a 1.0', '-1\n'],
    ['composer', '1.0-dev 1.0', '-1\n'],
    ['nuget', '1.0.0-beta 1.0.0.1', '-1\n'],
    ['deb', '', ''],
  ])('%s orders %j', async (scheme, input, out) => {
    expect(await home.run(['versions', 'compare', scheme], { input })).toEqual({ code: 0, out, notes: '' });
  });

  test.each([
    ['a version that cannot be read', '1.0.0 1.0.1\n\n1.0.0 one', 3, 'line 3'],
    ['a line that is no pair', '1.0.0 1.0.1\n1.0.0', 2, 'line 2'],
    ['three versions', '1 2 3', 2, 'line 1'],
  ])('%s is told with its line, and nothing is answered', async (_, input, code, message) => {
    const ran = await home.run(['versions', 'compare', 'npm'], { input });
    expect({ code: ran.code, out: ran.out }).toEqual({ code, out: '' });
    expect(ran.notes).toContain(message);
  });

  test('in JSON', async () => {
    const { out } = await home.run(['versions', 'compare', 'deb', '--json'], { input: '1 2' });
    expect(JSON.parse(out)).toEqual([{ a: '1', b: '2', order: -1 }]);
  });
});
