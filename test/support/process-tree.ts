/** Finds the processes of one server by its data folder, and what each of them is. */
import { readdirSync, readFileSync } from 'node:fs';

export type Part =
  | 'supervisor'
  | 'api'
  | 'worker'
  | 'signer'
  | 'admission'
  | 'postgres'
  | 'policy-engine'
  | 'scanner'
  | 'repairer'
  | 'other';
export type Found = { pid: number; parent: number; part: Part };

/** Every live process that works for the server with this data folder: those that name it, and their descendants. */
export function processesOf(dataDir: string): Found[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)));
  const ours = new Set(all.filter((one) => one.text.includes(dataDir)).map((one) => one.pid));
  for (let grew = true; grew; ) {
    grew = false;
    for (const one of all)
      if (!ours.has(one.pid) && ours.has(one.parent)) {
        ours.add(one.pid);
        grew = true;
      }
  }
  return all
    .filter((one) => ours.has(one.pid) && one.pid !== process.pid)
    .map(({ pid, parent, command }) => ({ pid, parent, part: partOf(command) }));
}

type Raw = { pid: number; parent: number; command: string; text: string };

function readProcess(pid: number): Raw[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return [];
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    // The environment names the data folder in the roles; PostgreSQL and the scanner have it among their arguments.
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .filter((line) => line.startsWith('PRATIQUE_DATA='));
    return [{ pid, parent: Number(parent), command, text: `${command}\n${environment.join('\n')}` }];
  } catch {
    return []; // it ended while we looked
  }
}

function partOf(command: string): Part {
  const role = /main\.ts --role (\w+)/.exec(command)?.[1];
  if (role === 'api' || role === 'worker' || role === 'signer' || role === 'admission') return role;
  if (command.includes('scanner-child.ts')) return 'scanner';
  if (command.includes('repair-child.ts')) return 'repairer';
  if (command.includes('policy-engine')) return 'policy-engine';
  if (/(^|\/)postgres( |:)/.test(command)) return 'postgres';
  if (/apps\/server\/src\/main\.ts/.test(command)) return 'supervisor';
  return 'other';
}
