import { expect, test } from 'vitest';
import { readEventStream } from './read-event-stream.ts';

async function* bytes(parts: string[], broken = false): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
  if (broken) throw new Error('connection reset');
}

const STREAM =
  'retry: 1000\n: after 3\n\nid: 4\nevent: tag.pushed\ndata: {"a":"ü"}\n\n: alive\n\nid: 5\ndata: one\ndata: two\n\nid: 6\ndata: never ended\n';

test.each([
  ['in one piece', [STREAM], false],
  ['byte by byte', [...Buffer.from(STREAM)].map((byte) => Buffer.from([byte]).toString('latin1')), false],
  ['with carriage returns', [STREAM.replaceAll('\n', '\r\n')], false],
  ['until the connection breaks', [STREAM], true],
])('events are read %s', async (name, parts, broken) => {
  const source = name === 'byte by byte' ? oneByOne() : bytes(parts, broken);
  const seen = [];
  for await (const event of readEventStream(source)) seen.push(event);
  expect(seen).toEqual([
    { id: '4', data: '{"a":"ü"}' },
    { id: '5', data: 'one\ntwo' },
  ]);
});

async function* oneByOne(): AsyncGenerator<Uint8Array> {
  for (const byte of Buffer.from(STREAM)) yield Buffer.from([byte]);
}

test('an event without an end is refused before it fills the memory', async () => {
  const read = async () => {
    for await (const _ of readEventStream(bytes(Array.from({ length: 6 }, () => 'x'.repeat(1024 * 1024))))) continue;
  };
  await expect(read()).rejects.toThrow('has no end');
});
