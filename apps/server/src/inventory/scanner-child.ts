/** The scanner child: reads an order from stdin, writes an inventory to stdout, knows nothing else. */
import { createReadStream } from 'node:fs';
import { inventoryImage, rememberLayers } from '@pratique/scan';
import type { ScanOrder } from './scanner.ts';

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const order = JSON.parse(Buffer.concat(chunks).toString('utf8')) as ScanOrder;

let answer: unknown;
try {
  const layers = order.layers.map(({ descriptor, diffId, path }) => ({
    descriptor,
    diffId,
    open: async () => createReadStream(path, { highWaterMark: 1 << 20 }),
    file: path,
  }));
  const memory = order.memory ? rememberLayers(order.memory.dir, order.memory.maxBytes) : undefined;
  answer = { ok: true, inventory: await inventoryImage({ layers, config: order.config }, memory ? { memory } : {}) };
} catch (error) {
  const known = error instanceof Error && 'code' in error ? String(error.code) : 'internal';
  answer = { ok: false, code: known, message: error instanceof Error ? error.message : String(error) };
}
process.stdout.write(JSON.stringify(answer));
