/** The scanner child: reads an order from stdin, writes what an image holds to stdout, knows nothing else. */
import { createReadStream } from 'node:fs';
import { inventoryImage, rememberLayers, ScanError } from '@pratique/scan';
import { contentRevision, examineImage } from '@pratique/scan/content';
import { wantedOf } from '../contents/rules.ts';
import type { Answer, ScanOrder } from './scanner.ts';

// Blobs are whatever somebody pushed, and they can be read here: only the engine's own library is loaded as a program.
const load = process.dlopen.bind(process);
process.dlopen = (module, filename, flags) => {
  if (!/[/\\]node_modules[/\\]@litko[/\\]/.test(filename)) throw new Error('no other addon is loaded here');
  if (flags === undefined) load(module, filename);
  else load(module, filename, flags);
};

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const order = JSON.parse(Buffer.concat(chunks).toString('utf8')) as ScanOrder;

const layers = order.layers.map(({ descriptor, diffId, path }) => ({
  descriptor,
  diffId,
  open: async () => createReadStream(path, { highWaterMark: 1 << 20 }),
  file: path,
}));

/** @param inspected names the contents that were looked into, so that layers looked into otherwise are not recalled */
function optionsFor(inspected: string) {
  return order.memory ? { memory: rememberLayers(order.memory.dir, order.memory.maxBytes, inspected) } : {};
}

async function examine(): Promise<Answer> {
  const image = { layers, config: order.config };
  if (!order.contents)
    return { ok: true, inventory: await inventoryImage(image, optionsFor('')), contents: null, failure: null };
  const wanted = wantedOf(Buffer.from(order.contents.key, 'hex'), new Date(order.contents.now));
  try {
    const { inventory, secrets, malware, unexamined, baseline } = await examineImage(
      image,
      wanted,
      optionsFor(contentRevision(wanted)),
    );
    return {
      ok: true,
      inventory: order.contents.alone ? null : inventory,
      contents: { secrets, malware, unexamined, baseline },
      failure: null,
    };
  } catch (error) {
    if (!(error instanceof ScanError) || !ENGINE.has(error.code)) throw error;
    // What is in the image can be said all the same; of its contents nothing is known, and that is said.
    const inventory = order.contents.alone ? null : await inventoryImage(image, optionsFor(''));
    return { ok: true, inventory, contents: null, failure: error.message };
  }
}

const ENGINE = new Set<string>(['engine-missing', 'engine-failed', 'rules-refused']);

let answer: Answer;
try {
  answer = await examine();
} catch (error) {
  const known = error instanceof Error && 'code' in error ? String(error.code) : 'internal';
  answer = { ok: false, code: known, message: error instanceof Error ? error.message : String(error) };
}
process.stdout.write(JSON.stringify(answer));
