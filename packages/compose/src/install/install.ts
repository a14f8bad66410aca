/** Installs packages into an empty tree, as a bootstrap does: unpack all, configure all, run what was triggered. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Candidate } from '../archive/packages.ts';
import { ComposeError } from '../error.ts';
import { inMemory } from '../files/content.ts';
import { makeMergedRoot } from '../files/merged-usr.ts';
import { Tree } from '../files/tree.ts';
import { makeLinkerCache } from '../steps/ldconfig.ts';
import { readTar } from '../unpack/read-tar.ts';
import type { Unpacker } from '../unpack/unpacker.ts';
import { prepareDatabase, writeFileList, writeInfo, writeStatus } from './database.ts';
import { Debconf } from './debconf.ts';
import { installationOrder } from './order.ts';
import { runMaintainerScript, type ScriptResult } from './run-script.ts';
import { pendingTriggers } from './triggers.ts';
import { type Owners, unpackPackage } from './unpack-package.ts';
import type { ControlFile, Installed, World } from './world.ts';

export type Installation = { world: World; order: Installed[]; scripts: ScriptResult[]; close(): void };

export type InstallDeps = {
  unpacker: Unpacker;
  /** An empty directory of ours. */
  folder: string;
  /** The checked bytes of a package file. */
  fetch(candidate: Candidate): Promise<Buffer>;
  progress(phase: 'fetch' | 'unpack' | 'configure', done: number, total: number, what: string): void;
};

const FETCH_AHEAD = 6;

/**
 * Installs the packages.
 *
 * @param now seconds since 1970 for everything that is made
 * @throws ComposeError `package-invalid`, `file-conflict`, and what `fetch` throws
 */
export async function install(
  candidates: Candidate[],
  architecture: string,
  now: number,
  deps: InstallDeps,
): Promise<Installation> {
  const world: World = {
    tree: new Tree(now),
    now,
    architecture,
    packages: new Map(),
    debconf: new Debconf(),
    current: '',
    temporaries: [],
  };
  const owners: Owners = new Map();
  const scripts: ScriptResult[] = [];
  const spools: number[] = [];
  const close = () => {
    for (const spool of spools.splice(0)) closeSync(spool);
  };
  try {
    const ordered = installationOrder(candidates);
    const opened = await unpackAll(ordered, deps);
    makeMergedRoot(world.tree, architecture);
    prepareDatabase(world);
    for (const [index, { installed, spool, dataSize }] of opened.entries()) {
      spools.push(spool);
      world.packages.set(installed.candidate.name, installed);
      if (installed.control.has('templates')) loadTemplates(world, installed);
      if (installed.control.has('preinst')) scripts.push(runMaintainerScript(world, installed, 'preinst', ['install']));
      unpackPackage(world, installed, owners, spool, dataSize);
      writeInfo(world, installed);
      deps.progress('configure', index + 1, opened.length * 2, installed.candidate.name);
    }
    for (const [index, { installed }] of opened.entries()) {
      configure(world, installed, scripts);
      deps.progress('configure', opened.length + index + 1, opened.length * 2, installed.candidate.name);
    }
    runTriggers(world, scripts);
    finish(world);
    return { world, order: opened.map(({ installed }) => installed), scripts, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A package file, unpacked to an open spool file. */
export type Opened = { installed: Installed; spool: number; dataSize: number };

/** Fetches and unpacks all packages to spool files, several at a time; the result keeps the order. */
export async function unpackAll(ordered: Candidate[], deps: InstallDeps): Promise<Opened[]> {
  const results: Opened[] = [];
  let next = 0;
  let done = 0;
  let stopped = false;
  const work = async () => {
    for (let index = next++; index < ordered.length && !stopped; index = next++) {
      const candidate = ordered[index];
      if (!candidate) return;
      const bytes = await deps.fetch(candidate);
      const path = join(deps.folder, `${index}.tar`);
      const origin = `${candidate.name} ${candidate.version}`;
      const { control, dataSize } = await deps.unpacker.unpack(bytes, path, origin);
      results[index] = { installed: readControl(candidate, control, origin), spool: openSync(path, 'r'), dataSize };
      deps.progress('unpack', ++done, ordered.length, candidate.name);
    }
  };
  const workers = await Promise.allSettled(
    Array.from({ length: Math.min(FETCH_AHEAD, ordered.length) }, () =>
      work().catch((error: unknown) => {
        stopped = true; // the others end after the package they are at
        throw error;
      }),
    ),
  );
  const failed = workers.find((worker) => worker.status === 'rejected');
  if (failed) {
    for (const result of results) if (result) closeSync(result.spool);
    throw failed.reason;
  }
  return results;
}

/** The control archive of a package, which must be the one that the index spoke of. @throws ComposeError `package-invalid` */
export function readControl(candidate: Candidate, archive: Buffer, origin: string): Installed {
  const control = new Map<string, ControlFile>();
  for (const entry of readTar((offset, size) => archive.subarray(offset, offset + size), archive.length, origin)) {
    if (entry.type !== 'file' || entry.path.includes('/')) continue;
    const bytes = Buffer.from(archive.subarray(entry.offset, entry.offset + entry.size));
    control.set(entry.path, { name: entry.path, bytes, mode: entry.mode, mtime: entry.mtime });
  }
  const fields = readFields(control.get('control')?.bytes.toString('latin1') ?? '');
  const value = (name: string) => fields.find((entry) => entry.name.toLowerCase() === name)?.value;
  // The index and the file must speak of the same package: what was resolved is what is installed.
  if (
    value('package') !== candidate.name ||
    value('version') !== candidate.version ||
    value('architecture') !== candidate.architecture
  ) {
    throw new ComposeError(
      'package-invalid',
      `${origin}: the file holds ${value('package')} ${value('version')} for ${value('architecture')}`,
    );
  }
  return { candidate, fields, control, list: [], conffiles: [] };
}

/** Fields with their names as written and their values byte for byte. */
export function readFields(text: string): { name: string; value: string }[] {
  const fields: { name: string; value: string }[] = [];
  for (const line of text.split('\n')) {
    const last = fields.at(-1);
    if (/^[ \t]/.test(line) && last) last.value += `\n${line}`;
    else if (line.includes(':'))
      fields.push({ name: line.slice(0, line.indexOf(':')), value: line.slice(line.indexOf(':') + 1).trim() });
  }
  return fields;
}

function loadTemplates(world: World, installed: Installed): void {
  world.debconf.load(installed.control.get('templates')?.bytes.toString('latin1') ?? '', installed.candidate.name);
}

function configure(world: World, installed: Installed, scripts: ScriptResult[]): void {
  if (installed.control.has('config')) scripts.push(runMaintainerScript(world, installed, 'config', ['configure', '']));
  if (installed.control.has('postinst'))
    scripts.push(runMaintainerScript(world, installed, 'postinst', ['configure', '']));
  for (const script of ['prerm', 'postrm']) {
    if (!installed.control.has(script)) continue;
    scripts.push({
      package: installed.candidate.name,
      script,
      status: 'not-needed',
      why: 'runs only on upgrade or removal',
    });
  }
}

function runTriggers(world: World, scripts: ScriptResult[]): void {
  for (const { installed, names } of pendingTriggers(world)) {
    if (!installed.control.has('postinst')) continue;
    const result = runMaintainerScript(world, installed, 'postinst', ['triggered', names.join(' ')]);
    scripts.push({ ...result, script: `postinst triggered ${names.join(' ')}` });
  }
}

/** What no package's script makes, but every installation has. */
function finish(world: World): void {
  makeLinkerCache(world);
  const { config, templates, passwords } = world.debconf.format();
  if (world.packages.has('debconf')) {
    world.tree.write('/var/cache/debconf/config.dat', inMemory(config));
    world.tree.write('/var/cache/debconf/templates.dat', inMemory(templates));
    world.tree.write('/var/cache/debconf/passwords.dat', inMemory(passwords), 0o600);
  }
  // Each container gets its own identity and name: an empty file says "not yet" (machine-id(5)).
  if (!world.tree.lfind('/etc/machine-id')) world.tree.write('/etc/machine-id', inMemory(''), 0o444);
  if (!world.tree.lfind('/etc/hostname')) world.tree.write('/etc/hostname', inMemory('localhost\n'));
  // The runtime mounts over these two; they must be there to be mounted over.
  if (!world.tree.lfind('/etc/resolv.conf')) world.tree.write('/etc/resolv.conf', inMemory(''));
  if (!world.tree.lfind('/etc/hosts'))
    world.tree.write('/etc/hosts', inMemory('127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n'));
  for (const installed of world.packages.values()) writeFileList(world, installed);
  writeStatus(world);
}
