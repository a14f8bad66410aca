/** Answers a request that failed, so that the client hears why even while it is still sending. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { sendError, toRegistryError } from './error.ts';

/** Answers with what went wrong in the specification's words; an unexpected fault goes to the log. */
export function refuse(
  deps: { log: Logger; requestId: (request: IncomingMessage) => string },
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  const failure = toRegistryError(error);
  if (failure.code === 'UNKNOWN') {
    const { code = '' } = (error ?? {}) as { code?: string };
    const aborted = (request.destroyed && !request.complete) || response.destroyed || GONE.has(code);
    deps.log[aborted ? 'debug' : 'error'](
      { err: error, requestId: deps.requestId(request) },
      aborted ? 'client went away' : 'registry request failed',
    );
  }
  const answer = () => {
    if (!response.headersSent) {
      response.setHeader('docker-distribution-api-version', 'registry/2.0');
      // What is left of a refused body must not be taken for the next request.
      if (!request.complete) response.setHeader('connection', 'close');
    }
    sendError(response, failure, request.method === 'HEAD');
    if (!request.complete) request.resume().setTimeout(5000, () => request.destroy());
  };
  if (request.complete || request.destroyed) answer();
  else void drain(request).then(answer);
}

const GONE = new Set(['ECONNRESET', 'ECANCELED', 'EPIPE', 'ERR_STREAM_DESTROYED']);
const DRAIN_BYTES = 16 * 1024 * 1024;
const DRAIN_MS = 2000;

/** Reads on for a little: a client that is still sending would see a broken pipe in place of the answer. */
function drain(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = DRAIN_BYTES;
    const done = () => {
      clearTimeout(timer);
      request.off('data', take).off('end', done).off('close', done);
      resolve();
    };
    const take = (chunk: Buffer) => {
      left -= chunk.length;
      if (left <= 0) done();
    };
    const timer = setTimeout(done, DRAIN_MS);
    // Whoever gave up reading has paused it.
    request.on('data', take).on('end', done).on('close', done).resume();
  });
}
