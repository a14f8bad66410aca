/** Questions about the machine, answered for the image: its architecture, no kernel, the release's date as the time. */
import { groupId, readGroups, readUsers } from '../install/accounts.ts';
import { evaluateArithmetic } from '../script/arithmetic.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';

const MACHINES: Record<string, string> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  armhf: 'armv7l',
  i386: 'i686',
  ppc64el: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
};
/** The oldest kernel that current container hosts run; scripts only refuse older ones. */
const KERNEL = '5.10.0';

const step = (run: Step['run']): Step => ({ step: 'system', run });
const prints = (text: (call: Call) => string): Step =>
  step((call) => {
    call.shell.out(`${text(call)}\n`);
    return 0;
  });

export const systemSteps: Record<string, Step> = {
  uname: prints(({ args, world }) => {
    const machine = MACHINES[world.architecture] ?? world.architecture;
    switch (args[0] ?? '-s') {
      case '-s':
        return 'Linux';
      case '-r':
        return KERNEL;
      case '-m':
      case '-p':
      case '-i':
        return machine;
      default:
        throw new NotCovered(`uname ${args.join(' ')}`);
    }
  }),
  arch: prints(({ world }) => MACHINES[world.architecture] ?? world.architecture),
  date: prints(({ args, world }) => {
    const now = new Date(world.now * 1000);
    const format = args.find((arg) => arg.startsWith('+'));
    if (!format) return `${now.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
    const parts: Record<string, string> = {
      s: String(world.now),
      Y: String(now.getUTCFullYear()),
      F: now.toISOString().slice(0, 10),
      m: now.toISOString().slice(5, 7),
      d: now.toISOString().slice(8, 10),
      H: now.toISOString().slice(11, 13),
      M: now.toISOString().slice(14, 16),
      S: now.toISOString().slice(17, 19),
    };
    return format.slice(1).replace(/%(.)/g, (_, letter: string) => {
      const text = parts[letter];
      if (text === undefined) throw new NotCovered(`date ${format}`);
      return text;
    });
  }),
  id: step(({ args, shell, world }) => {
    const name = args.find((arg) => !arg.startsWith('-')) ?? 'root';
    const user = readUsers(world).find((entry) => entry.name === name || String(entry.uid) === name);
    if (!user) return 1;
    const letters = args
      .filter((arg) => arg.startsWith('-'))
      .join('')
      .replaceAll('-', '');
    const groups = readGroups(world).filter((group) => group.gid === user.gid || group.members.includes(user.name));
    if (letters.includes('G'))
      shell.out(`${groups.map((group) => (letters.includes('n') ? group.name : group.gid)).join(' ')}\n`);
    else if (letters.includes('u')) shell.out(`${letters.includes('n') ? user.name : user.uid}\n`);
    else if (letters.includes('g')) {
      const group = groups.find((entry) => entry.gid === user.gid)?.name ?? String(user.gid);
      shell.out(`${letters.includes('n') ? group : (groupId(world, group) ?? user.gid)}\n`);
    } else shell.out(`uid=${user.uid}(${user.name}) gid=${user.gid}\n`);
    return 0;
  }),
  // Nothing listens in an image.
  ss: prints(() => 'State Recv-Q Send-Q Local Address:Port Peer Address:Port'),
  whoami: prints(() => 'root'),
  nproc: prints(() => '1'),
  getconf: step(({ args, shell }) => {
    if (args[0] !== 'LONG_BIT') throw new NotCovered(`getconf ${args.join(' ')}`);
    shell.out('64\n');
    return 0;
  }),
  locale: prints(() => ''),
  // A runtime mounts these three before anything in the image runs.
  mountpoint: step(({ args }) => (['/proc', '/sys', '/dev'].includes(args.at(-1) ?? '') ? 0 : 1)),
  seq: step(({ args, shell }) => {
    const numbers = args.map(Number);
    const [from, by, to] =
      numbers.length === 1 ? [1, 1, numbers[0]] : numbers.length === 2 ? [numbers[0], 1, numbers[1]] : numbers;
    if (
      from === undefined ||
      to === undefined ||
      !by ||
      numbers.some(Number.isNaN) ||
      Math.abs((to - from) / by) > 100_000
    )
      throw new NotCovered(`seq ${args.join(' ')}`);
    for (let value = from; by > 0 ? value <= to : value >= to; value += by) shell.out(`${value}\n`);
    return 0;
  }),
  expr: step(({ args, shell }) => {
    if (args.length !== 3 || !/^[-+*/%]$/.test(args[1] ?? '')) throw new NotCovered(`expr ${args.join(' ')}`);
    const value = evaluateArithmetic(args.join(' '), () => '0');
    shell.out(`${value}\n`);
    return value === 0 ? 1 : 0;
  }),
  env: step(({ args, shell }) => {
    const rest = [...args];
    while (/^[A-Za-z_]\w*=/.test(rest[0] ?? '')) {
      const word = rest.shift() ?? '';
      shell.set(word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1));
    }
    const [command, ...parameters] = rest;
    if (command === undefined || command.startsWith('-')) throw new NotCovered(`env ${args.join(' ')}`);
    return shell.invoke(command, parameters);
  }),
  nice: step(({ args, shell }) => shell.invoke(args[0] ?? ':', args.slice(1))),
  sh: step(runShell),
  dash: step(runShell),
  bash: step(runShell),
  su: step(runAsUser),
  runuser: step(runAsUser),
  // Names one machine; every container gets its own (dbus-uuidgen(1)).
  'dbus-uuidgen': step(() => 0),
  'systemd-machine-id-setup': step(() => 0),
  'ssh-keygen': step(({ args, shell }) =>
    shell.leaveUndone('ssh-keygen', args, 'keys of a host must not be shared by all that run the image'),
  ),
  // Scripts ask so whether there is a Perl that debconf could run with.
  perl: step(({ args, shell }) => {
    if (shell.which('perl') === null) return 127;
    return args.length === 2 && args[0] === '-e' && args[1] === '' ? 0 : shell.leaveUndone('perl', args);
  }),
  runlevel: prints(() => 'unknown'),
  logger: step(() => 0),
  stty: step(() => 0),
};

function runShell({ args, shell, world, name }: Call): number {
  const [first = '', ...rest] = args.filter((arg) => arg !== '-e' && arg !== '-x' && arg !== '--');
  if (first === '-c') return shell.runScript(rest[0] ?? '', name, rest.slice(2));
  const text = first.startsWith('-') ? null : world.tree.readText(shell.path(first));
  if (text === null) throw new NotCovered(`${name} ${args.join(' ')}`);
  return shell.runScript(text, first, rest);
}

/** `su [-] [-s SHELL] USER -c COMMAND`, `runuser -u USER -- COMMAND`. */
function runAsUser({ args, shell, world, name }: Call): number {
  const command = args[args.indexOf('-c') + 1];
  const operands = args.filter(
    (arg, index) => !arg.startsWith('-') && !['-c', '-s', '-g'].includes(args[index - 1] ?? ''),
  );
  const user = readUsers(world).find(
    (entry) => entry.name === (args.includes('-u') ? args[args.indexOf('-u') + 1] : operands[0]),
  );
  if (!user || !args.includes('-c') || command === undefined) throw new NotCovered(`${name} ${args.join(' ')}`);
  return shell.runAs(user, command);
}
