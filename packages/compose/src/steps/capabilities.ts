/** File capabilities: what setcap writes to a program's extended attribute (capabilities(7), "File capabilities"). */
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';

/** In the order of their numbers (linux/capability.h). */
const NAMES = [
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'linux_immutable',
  'net_bind_service',
  'net_broadcast',
  'net_admin',
  'net_raw',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_chroot',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'mknod',
  'lease',
  'audit_write',
  'audit_control',
  'setfcap',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
];
const VERSION_2 = 0x02000000;
const EFFECTIVE = 1;

export const capabilitySteps: Record<string, Step> = {
  setcap: { step: 'capabilities', run: setCapabilities },
  getcap: {
    step: 'capabilities',
    run: ({ args, shell, world }) => {
      for (const path of args.filter((arg) => !arg.startsWith('-'))) {
        const node = world.tree.find(shell.path(path));
        if (node?.kind === 'file' && node.capabilities) shell.out(`${path} set\n`);
      }
      return 0;
    },
  },
};

function setCapabilities({ args, shell, world }: Call): number {
  const [text = '', path = ''] = args.filter((arg) => arg !== '-q');
  const node = world.tree.find(shell.path(path));
  if (node?.kind !== 'file') return 1;
  const value = encodeCapabilities(text);
  if (!value) throw new NotCovered(`setcap ${args.join(' ')}`);
  world.tree.change(node, { capabilities: value });
  return 0;
}

/** `cap_net_raw=ep` as the kernel has it in the attribute; null for what has another form. */
export function encodeCapabilities(text: string): Buffer | null {
  const match = /^([a-z_,]+)[+=]([eip]+)$/.exec(text.replace(/^=\s+/, ''));
  if (!match?.[1] || !match[2]) return null;
  let bits = 0n;
  for (const name of match[1].split(',')) {
    const number = NAMES.indexOf(name.replace(/^cap_/, ''));
    if (number < 0) return null;
    bits |= 1n << BigInt(number);
  }
  const permitted = match[2].includes('p') ? bits : 0n;
  const inheritable = match[2].includes('i') ? bits : 0n;
  const value = Buffer.alloc(20);
  value.writeUInt32LE(VERSION_2 | (match[2].includes('e') ? EFFECTIVE : 0), 0);
  for (const [offset, shift] of [
    [4, 0n],
    [12, 32n],
  ] as const) {
    value.writeUInt32LE(Number((permitted >> shift) & 0xffffffffn), offset);
    value.writeUInt32LE(Number((inheritable >> shift) & 0xffffffffn), offset + 4);
  }
  return value;
}
