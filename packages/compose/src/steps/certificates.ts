/** The system's trusted certificates: the bundle, and the links by subject that OpenSSL looks them up with. */
import { inMemory } from '../files/content.ts';
import type { Call, Step } from '../script/shell.ts';
import { NotCovered } from '../script/syntax.ts';
import { readArguments } from './arguments.ts';
import { subjectHash } from './subject-hash.ts';

const CONFIGURATION = '/etc/ca-certificates.conf';
const SOURCE = '/usr/share/ca-certificates';
const LOCAL = '/usr/local/share/ca-certificates';
const TARGET = '/etc/ssl/certs';

export const certificateSteps: Record<string, Step> = {
  'update-ca-certificates': { step: 'ca-certificates', run: update },
};

/** @see update-ca-certificates(8); openssl-rehash(1) */
function update({ args, world }: Call): number {
  const { options } = readArguments('update-ca-certificates', args, ['fresh', 'f', 'verbose', 'v'], ['hooksdir']);
  const { tree } = world;
  const chosen = (tree.readText(CONFIGURATION) ?? '')
    .split('\n')
    .filter((line) => line !== '' && !/^[#!]/.test(line))
    .map((line) => `${SOURCE}/${line}`);
  const bundle: string[] = [];
  const links = new Map<string, string>();
  clear(world);
  for (const path of [...chosen, ...localCertificates(world)]) {
    const text = tree.readText(path);
    if (text === null) continue;
    const name = `${(path.split('/').at(-1) ?? '')
      .replace(/\.crt$/, '')
      .replaceAll(' ', '_')
      .replace(/[()]/g, '=')
      .replaceAll(',', '_')}.pem`;
    tree.link(`${TARGET}/${name}`, path);
    bundle.push(text.endsWith('\n') ? text : `${text}\n`);
    links.set(name, text);
  }
  for (const [name, text] of [...links].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const hash = subjectHash(text);
    if (hash === null) continue;
    let number = 0;
    while (tree.lfind(`${TARGET}/${hash}.${number}`)) number++;
    tree.link(`${TARGET}/${hash}.${number}`, name);
  }
  tree.write(`${TARGET}/ca-certificates.crt`, inMemory(bundle.join('')), 0o644);
  const folder = options.get('hooksdir') ?? '/etc/ca-certificates/update.d';
  const hooks = folder === '' ? null : tree.find(folder);
  if (hooks?.kind === 'directory' && hooks.entries.size > 0)
    throw new NotCovered(`hooks of ca-certificates: ${[...hooks.entries.keys()].join(', ')}`);
  return 0;
}

function localCertificates(world: Call['world']): string[] {
  const folder = world.tree.find(LOCAL);
  if (folder?.kind !== 'directory') return [];
  return [...folder.entries.keys()]
    .filter((name) => name.endsWith('.crt'))
    .sort()
    .map((name) => `${LOCAL}/${name}`);
}

/** Takes away links of an earlier run, so that none is numbered twice. */
function clear({ tree }: Call['world']): void {
  tree.makeDirectory(TARGET);
  const folder = tree.find(TARGET);
  if (folder?.kind !== 'directory') return;
  for (const [name, node] of [...folder.entries]) {
    const ours =
      node.kind === 'symlink' &&
      (/^[0-9a-f]{8}\.\d+$/.test(name) || node.target.startsWith(SOURCE) || node.target.startsWith(LOCAL));
    if (ours) tree.remove(`${TARGET}/${name}`);
  }
}
