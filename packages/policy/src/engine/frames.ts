/** Frames of the engine's protocol: a 4-byte big-endian length and a JSON array of messages (apps/policy-engine/protocol.go). */
import { PolicyError } from '../error.ts';

export const MAX_FRAME = 16 * 1024 * 1024;
const TARGET_FRAME = 1024 * 1024;

/** Packs already encoded messages into as few frames as sensible. Each message must be smaller than MAX_FRAME - 2 bytes. */
export function packFrames(messages: readonly Buffer[]): Buffer[] {
  const frames: Buffer[] = [];
  let group: Buffer[] = [];
  let size = 0;
  for (const message of messages) {
    if (group.length > 0 && size + message.length + 2 > TARGET_FRAME) {
      frames.push(frame(group));
      group = [];
      size = 0;
    }
    group.push(message);
    size += message.length + 1;
  }
  if (group.length > 0) frames.push(frame(group));
  return frames;
}

const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');

function frame(messages: readonly Buffer[]): Buffer {
  const body = messages.flatMap((message, index) => [index === 0 ? OPEN : COMMA, message]);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.reduce((sum, part) => sum + part.length, 1));
  return Buffer.concat([header, ...body, CLOSE]);
}

/** Takes bytes as they arrive and gives the messages of every frame that is complete. */
export class FrameReader {
  private readonly chunks: Buffer[] = [];
  private held = 0;

  /** @throws PolicyError `engine-protocol` for a frame that is too large or is not an array of JSON */
  push(chunk: Buffer): unknown[] {
    this.chunks.push(chunk);
    this.held += chunk.length;
    const messages: unknown[] = [];
    for (let body = this.takeFrame(); body !== null; body = this.takeFrame()) messages.push(...parse(body));
    return messages;
  }

  private takeFrame(): Buffer | null {
    if (this.held < 4) return null;
    // The header may be spread over chunks; joining only the first ones keeps large frames linear.
    while ((this.chunks[0]?.length ?? 0) < 4) this.chunks.splice(0, 2, Buffer.concat(this.chunks.slice(0, 2)));
    const length = this.chunks[0]?.readUInt32BE(0) ?? 0;
    if (length > MAX_FRAME) throw new PolicyError('engine-protocol', `the engine announced a frame of ${length} bytes`);
    if (this.held < 4 + length) return null;
    const all = this.chunks.length === 1 ? (this.chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.chunks);
    this.chunks.length = 0;
    this.held = all.length - 4 - length;
    if (this.held > 0) this.chunks.push(all.subarray(4 + length));
    return all.subarray(4, 4 + length);
  }
}

function parse(body: Buffer): unknown[] {
  try {
    const messages: unknown = JSON.parse(body.toString('utf8'));
    if (Array.isArray(messages)) return messages as unknown[];
  } catch (cause) {
    throw new PolicyError('engine-protocol', 'the engine sent a frame that is not JSON', { cause });
  }
  throw new PolicyError('engine-protocol', 'the engine sent a frame that is not an array');
}
