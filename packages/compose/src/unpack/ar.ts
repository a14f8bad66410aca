/** Reads the outer archive of a package file: three members in a fixed order (deb(5)). */
import { ComposeError } from '../error.ts';

export type DebMembers = { control: { name: string; bytes: Buffer }; data: { name: string; bytes: Buffer } };

const MAGIC = '!<arch>\n';
const MAX_MEMBERS = 20;

/** Finds the control and data archives. @throws ComposeError `package-invalid` */
export function readDeb(bytes: Buffer, name: string): DebMembers {
  if (bytes.subarray(0, 8).toString('latin1') !== MAGIC) throw invalid(name, 'it is not an ar archive');
  const members: { name: string; bytes: Buffer }[] = [];
  for (let at = 8; at < bytes.length; ) {
    if (members.length >= MAX_MEMBERS) throw invalid(name, 'it has too many members');
    const header = bytes.subarray(at, at + 60).toString('latin1');
    const size = Number(header.slice(48, 58).trim());
    if (header.length < 60 || !header.endsWith('`\n') || !Number.isSafeInteger(size) || size < 0) {
      throw invalid(name, `the header of member ${members.length + 1} is broken`);
    }
    if (at + 60 + size > bytes.length) throw invalid(name, `member ${members.length + 1} is cut short`);
    const member = header.slice(0, 16).trim().replace(/\/$/, '');
    members.push({ name: member, bytes: bytes.subarray(at + 60, at + 60 + size) });
    at += 60 + size + (size % 2);
  }
  const [version, ...rest] = members;
  if (version?.name !== 'debian-binary' || !version.bytes.toString('latin1').startsWith('2.')) {
    throw invalid(name, 'its first member is not debian-binary of format 2');
  }
  const named = rest.filter((member) => !member.name.startsWith('_'));
  const [control, data] = named;
  if (!control?.name.startsWith('control.tar') || !data?.name.startsWith('data.tar')) {
    throw invalid(name, 'it does not hold control.tar and data.tar in this order');
  }
  return { control, data };
}

function invalid(name: string, why: string): ComposeError {
  return new ComposeError('package-invalid', `${name} is not a package: ${why}`);
}
