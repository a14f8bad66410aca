/** Spoils files for one parser until it is ended; where it is stands in a file, so that whoever ends it knows the round. */
import { openSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { MalwareMatch, Unexamined } from '../../packages/contract/src/index.ts';
import { OciError } from '../../packages/oci/src/index.ts';
import { gzipLayer, tarEntry } from '../../packages/oci/src/layers/tar-fixture.ts';
import { inventoryImage, ScanError } from '../../packages/scan/src/index.ts';
import { compileRules } from '../../packages/scan/src/malware/compile-rules.ts';
import { examineWithMembers } from '../../packages/scan/src/malware/examine-members.ts';
import { readRules } from '../../packages/scan/src/malware/read-rules.ts';
import { malwareWants } from '../../packages/scan/src/malware/wants.ts';
import { createSecretExaminer, importGitleaks, importTrivy, type RuleSet } from '../../packages/scan/src/secrets.ts';
import { readVex } from '../../packages/scan/src/vex.ts';
import { mutate } from './mutate.ts';
import { PARSERS, type Seed } from './parsers.ts';
import { seeded } from './random.ts';

const [name = '', seed = '', first = '', progress = ''] = process.argv.slice(2);
const parser = PARSERS.find((one) => one.name === name);
if (!parser) throw new Error(`there is no parser ${name}`);
/** Far above what any input of this size should take, so that a busy machine finds nothing. */
const SLOW_MS = 5000;
const MAX_INPUT_BYTES = 16 * 1024 * 1024;
let engines: Parameters<typeof examineWithMembers>[1] | null = null;
const seeds = parser.seeds();
const others = seeds.map((one) => one.bytes);
const examiner = createSecretExaminer({ salt: Buffer.alloc(16, 'fuzz') });
const mark = openSync(progress, 'w');
const place = Buffer.alloc(8);

for (let round = Number(first); ; round++) {
  place.writeBigUInt64LE(BigInt(round));
  writeSync(mark, place, 0, 8, 0);
  const random = seeded(Number(seed) + round);
  const chosen = seeds[random.between(0, seeds.length - 1)] ?? { path: 'a', bytes: Buffer.from('a') };
  const started = performance.now();
  try {
    await feed(chosen, (bytes) => mutate(random, bytes, others, MAX_INPUT_BYTES));
  } catch (error) {
    if (!isExpected(error))
      process.send?.({ round, path: chosen.path, fault: String((error as Error).stack ?? error) });
  }
  const took = performance.now() - started;
  if (took > SLOW_MS) process.send?.({ round, path: chosen.path, fault: `it took ${Math.round(took)} ms` });
}

/** An archive or a document may be refused; a file of an image never makes the image unreadable. */
function isExpected(error: unknown): boolean {
  if (parser?.as === 'layer') return error instanceof OciError;
  return (parser?.as === 'vex' || parser?.as === 'secret-rules') && error instanceof ScanError;
}

/** Whatever rules survive are used, on text that they were made for. */
function feedRules(text: string): void {
  const read: ((text: string) => RuleSet)[] = [importGitleaks, importTrivy];
  for (const one of read) {
    let set: RuleSet;
    try {
      set = one(text);
    } catch (error) {
      if (error instanceof ScanError) continue;
      throw error;
    }
    const content = Buffer.from('shop_key=k3x9q7w1z5r8 '.repeat(200));
    const path = 'srv/a.sh';
    createSecretExaminer({ salt: Buffer.alloc(16), kinds: [], rules: set.rules }).examine({
      path,
      mode: 0o644,
      size: content.length,
      content,
    });
  }
}

async function feed(chosen: Seed, spoil: (bytes: Buffer) => Buffer): Promise<void> {
  if (parser?.as === 'secret-rules') return feedRules(spoil(chosen.bytes).toString());
  if (parser?.as === 'secrets') {
    const content = spoil(chosen.bytes);
    return void examiner.examine({ path: chosen.path, mode: 0o644, size: content.length, content });
  }
  if (parser?.as === 'nested') return examine(chosen.path, spoil(chosen.bytes));
  if (parser?.as === 'vex') return void readVex('fuzz', spoil(chosen.bytes));
  if (parser?.as === 'layer') {
    const archive = Buffer.concat([
      ...seeds.map((one) => tarEntry({ path: one.path, content: one.bytes })),
      Buffer.alloc(1024),
    ]);
    const blob = gzipSync(spoil(archive), { level: 1 });
    const layer = gzipLayer({ path: 'a', content: '' });
    const { createHash } = await import('node:crypto');
    const { Readable } = await import('node:stream');
    const descriptor = {
      ...layer.descriptor,
      digest: `sha256:${createHash('sha256').update(blob).digest('hex')}`,
      size: blob.length,
    };
    await inventoryImage({
      layers: [{ descriptor, diffId: null, open: async () => Readable.from([blob]) }],
      config: {},
    });
    return;
  }
  const layer = gzipLayer({ path: chosen.path, content: spoil(chosen.bytes), mode: 0o755 });
  await inventoryImage({ layers: [layer], config: {} });
}

/** With our own rules, and everything that lies inside opened. */
async function examine(path: string, content: Buffer): Promise<void> {
  engines ??= { rules: [{ name: 'pratique', rules: compileRules(readRules(), 'pratique') }], hashLists: [] };
  const want = malwareWants({ size: content.length, head: content.subarray(0, 512) });
  if (!want) return;
  const file = { path, mode: 0o755, kind: want.kind, content, skipped: 0, sha256: null };
  const found = await examineWithMembers(file, engines, { bytes: 64 * 1024 * 1024, ratioFloor: 16 * 1024 * 1024 });
  for (const match of found.matches) MalwareMatch.parse(match);
  for (const gap of found.unexamined) Unexamined.parse(gap);
}
