/** One connection to an engine: gives requests their ids, gathers those of a tick into one write, hands answers to who waits. */
import { createConnection, type Socket } from 'node:net';
import { PolicyError } from '../error.ts';
import { FrameReader, packFrames } from './frames.ts';
import { Answer } from './messages.ts';

export type Connection = {
  /** Sends one encoded request and answers with the engine's. @throws PolicyError `engine-unavailable` when the connection ends first */
  send(id: number, message: Buffer): Promise<Answer>;
  /** Settles when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
};

/** @throws PolicyError `engine-unavailable` */
export async function openConnection(path: string): Promise<Connection> {
  const socket = createConnection(path);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (cause) =>
      reject(new PolicyError('engine-unavailable', `the policy engine does not answer at ${path}`, { cause })),
    );
  });
  return wrap(socket);
}

function wrap(socket: Socket): Connection {
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: PolicyError) => void }>();
  const reader = new FrameReader();
  let outgoing: Buffer[] = [];
  let reason: unknown;

  const flush = () => {
    for (const frame of packFrames(outgoing)) socket.write(frame);
    outgoing = [];
  };
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      for (const { reject } of waiting.values())
        reject(
          new PolicyError('engine-unavailable', 'the connection to the policy engine ended before it answered', {
            cause: reason,
          }),
        );
      waiting.clear();
      resolve();
    });
  });
  socket.on('error', (error) => {
    reason = error;
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const message of reader.push(chunk)) {
        const answer = Answer.parse(message);
        waiting.get(answer.id)?.resolve(answer);
        waiting.delete(answer.id);
      }
    } catch (error) {
      reason = error;
      socket.destroy(); // What follows in the stream cannot be told apart any more.
    }
  });
  return {
    closed,
    close: () => socket.destroy(),
    async send(id, message) {
      if (socket.destroyed)
        throw new PolicyError('engine-unavailable', 'the connection to the policy engine has ended', { cause: reason });
      if (outgoing.length === 0) setImmediate(flush);
      outgoing.push(message);
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
  };
}
