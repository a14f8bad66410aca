/** Calls the Kubernetes API: whole answers, and watches line by line, both bounded. */

import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { AgentError } from '../error.ts';

export type KubeClient = {
  /** @throws AgentError `kubernetes`, `watch-expired` for 410 */
  get(path: string): Promise<unknown>;
  put(path: string, body: unknown): Promise<unknown>;
  /**
   * Calls `onEvent` for each event until the API server ends the watch or it falls silent.
   * @throws AgentError `kubernetes`, `watch-expired`
   */
  watch(path: string, onEvent: (event: unknown) => void, signal: AbortSignal): Promise<void>;
};

/** A page of 500 pods is some 10 MB at worst; a single object at most 3 MB (the API server's own limit). */
const MAX_ANSWER = 64 * 1024 * 1024;
const MAX_LINE = 8 * 1024 * 1024;
const TIMEOUT_MS = 30_000;
/** Bookmarks come about every minute. */
const SILENCE_MS = 150_000;

/** @param config finds the cluster and refreshes the credentials, whatever kind they are */
export function createKubeClient(config: KubeConfig): KubeClient {
  const server = config.getCurrentCluster()?.server;
  if (!server) throw new AgentError('usage', 'the kubeconfig names no cluster');

  async function open(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<IncomingMessage> {
    const options: RequestOptions = { method, headers: { accept: 'application/json' }, ...(signal ? { signal } : {}) };
    await config.applyToHTTPSOptions(options);
    const sent = body === undefined ? null : Buffer.from(JSON.stringify(body));
    const headers = {
      ...(options.headers as Record<string, string>),
      ...(sent ? { 'content-type': 'application/json', 'content-length': sent.length } : {}),
    };
    return new Promise((resolve, reject) => {
      const call = request(new URL(path, server), { ...options, headers, timeout: TIMEOUT_MS }, resolve);
      call.on('timeout', () => call.destroy(new Error('no answer within 30 seconds')));
      call.on('error', (cause) =>
        reject(new AgentError('kubernetes', `the Kubernetes API cannot be reached: ${cause.message}`, { cause })),
      );
      call.end(sent ?? undefined);
    });
  }

  async function whole(response: IncomingMessage): Promise<unknown> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_ANSWER) throw new AgentError('kubernetes', `an answer has more than ${MAX_ANSWER} bytes`);
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString('utf8');
    const status = response.statusCode ?? 0;
    if (status >= 300) throw refused(status, text);
    return JSON.parse(text);
  }

  return {
    get: async (path) => whole(await open('GET', path, undefined)),
    put: async (path, body) => whole(await open('PUT', path, body)),
    async watch(path, onEvent, signal) {
      const silence = new AbortController();
      const response = await open('GET', path, undefined, AbortSignal.any([signal, silence.signal]));
      if (response.statusCode !== 200) {
        await whole(response);
        throw new AgentError('kubernetes', `a watch was answered with ${response.statusCode}`);
      }
      response.setTimeout(0);
      response.socket.setTimeout(0);
      let timer = setTimeout(() => silence.abort(), SILENCE_MS);
      try {
        for await (const line of linesOf(response)) {
          clearTimeout(timer);
          timer = setTimeout(() => silence.abort(), SILENCE_MS);
          onEvent(JSON.parse(line));
        }
      } catch (cause) {
        if (cause instanceof AgentError) throw cause;
        if (!signal.aborted)
          throw new AgentError('kubernetes', `a watch broke off: ${(cause as Error).message}`, { cause });
      } finally {
        clearTimeout(timer);
        response.destroy();
      }
    },
  };
}

function refused(status: number, text: string): AgentError {
  let message = text.slice(0, 300);
  try {
    const said: unknown = (JSON.parse(text) as { message?: unknown } | null)?.message;
    if (typeof said === 'string') message = said;
  } catch {
    // not a Status object; its text will do
  }
  return new AgentError(
    status === 410 ? 'watch-expired' : 'kubernetes',
    `the Kubernetes API answered ${status}: ${message}`,
  );
}

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, end)]).toString('utf8');
      rest = [];
      size = 0;
      from = end + 1;
      if (line.trim() !== '') yield line;
    }
    rest.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > MAX_LINE) throw new AgentError('kubernetes', `an event of a watch has more than ${MAX_LINE} bytes`);
  }
}
