/** Uses an engine that something else started and supervises. */
import { PolicyError } from '../error.ts';
import { EngineClient, type PolicyEngine } from './client.ts';
import { type Connection, openConnection } from './connection.ts';
import { Offenders } from './offenders.ts';

export type ConnectOptions = {
  /** Path of the engine's Unix socket. */
  socket: string;
  /** How long past its limit an answer may take; 1000 ms by default. There is nothing to kill: the review fails. */
  graceMs?: number;
};

/** Connects with the first request and again when the connection was lost. */
export function connectEngine({ socket, graceMs = 1000 }: ConnectOptions): PolicyEngine {
  let connection: Promise<Connection> | null = null;
  let nextId = 1;
  const current = async (): Promise<Connection> => {
    connection ??= openConnection(socket).then(
      (opened) => {
        void opened.closed.then(() => {
          connection = null;
        });
        return opened;
      },
      (error: unknown) => {
        connection = null;
        throw error;
      },
    );
    return connection;
  };
  return new EngineClient({
    async call(_request, encode, limitMs) {
      const id = nextId++;
      const answer = (await current()).send(id, encode(id));
      return withDeadline(answer, limitMs + graceMs);
    },
    rehearse: async () => ({ outcome: 'loaded' }),
    offenders: new Offenders(() => 0),
    async close() {
      (await connection)?.close();
    },
  });
}

async function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new PolicyError('engine-unavailable', `the policy engine did not answer within ${ms} ms`)),
      ms,
    );
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
