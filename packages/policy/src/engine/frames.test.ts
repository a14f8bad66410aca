import { describe, expect, test } from 'vitest';
import { FrameReader, packFrames } from './frames.ts';

const messages = [{ id: 1 }, { id: 2, text: 'é'.repeat(3000) }, { id: 3 }];
const stream = Buffer.concat(packFrames(messages.map((message) => Buffer.from(JSON.stringify(message)))));

describe('frames', () => {
  test.each([1, 2, 3, 5, 4096, stream.length])('are read whole when they arrive %d bytes at a time', (size) => {
    const reader = new FrameReader();
    const read: unknown[] = [];
    for (let at = 0; at < stream.length; at += size) read.push(...reader.push(stream.subarray(at, at + size)));
    expect(read).toEqual(messages);
  });

  test('two frames in one chunk are both read', () => {
    expect(new FrameReader().push(Buffer.concat([stream, stream]))).toEqual([...messages, ...messages]);
  });

  test('messages beyond a megabyte are spread over frames', () => {
    const large = Buffer.from(JSON.stringify({ text: 'x'.repeat(700_000) }));
    expect(packFrames([large, large, large])).toHaveLength(3);
  });

  test.each([
    ['a frame beyond 16 MiB', Buffer.from([0x02, 0, 0, 0])],
    ['a frame that is not JSON', Buffer.from([0, 0, 0, 1, 0x7b])],
    ['a frame that is no array', Buffer.from([0, 0, 0, 2, 0x7b, 0x7d])],
  ])('%s is an error of the protocol', (_, bytes) =>
    expect(() => new FrameReader().push(bytes)).toThrow(expect.objectContaining({ code: 'engine-protocol' })),
  );
});
