/** A network peer that answers as each test wants, registries' faults included. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Seen = {
  method: string;
  path: string;
  authorization: string | null;
  body: Buffer;
  headers: IncomingMessage['headers'];
};
export type Answer = (request: Seen, response: ServerResponse) => void;
export type Peer = { url: string; seen: Seen[]; close(): Promise<void> };

/** Starts a server on a free loopback port; `name` is the host that its URL carries. */
export async function startPeer(answer: Answer, name = '127.0.0.1'): Promise<Peer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        path: request.url ?? '',
        authorization: request.headers.authorization ?? null,
        body: Buffer.concat(chunks),
        headers: request.headers,
      };
      seen.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://${name}:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
