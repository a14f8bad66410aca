/** Asks the ecosystems' registries, each thing once. What they answer is bounded; what is written from it is checked. */
import { Buffer } from 'node:buffer';

export type RegistryOptions = {
  fetch: typeof globalThis.fetch;
  /** npm's registry, others for some scopes, and what they want to know who asks. */
  npm: { url: string; scopes: Readonly<Record<string, string>>; authorization(url: string): string | null };
  /** Python's index in its simple form, `https://pypi.org/simple`. */
  pypi: string;
  /** Go's module proxies, in the order in which they are asked. */
  goProxies: readonly string[];
  signal?: AbortSignal | undefined;
};

export type Answer<T> =
  | { status: 'found'; value: T }
  | { status: 'absent' }
  | { status: 'unreachable'; detail: string };

const TIMEOUT = 60_000;
const MAX_REQUESTS = 2000;

export class Registries {
  readonly options: RegistryOptions;
  readonly #asked = new Map<string, Promise<Answer<Buffer>>>();

  constructor(options: RegistryOptions) {
    this.options = options;
  }

  /** @param limit bytes that are taken */
  bytes(url: string, limit: number, headers: Record<string, string> = {}): Promise<Answer<Buffer>> {
    let answer = this.#asked.get(url);
    if (answer) return answer;
    answer =
      this.#asked.size >= MAX_REQUESTS
        ? Promise.resolve({ status: 'unreachable', detail: `more than ${MAX_REQUESTS} questions to registries` })
        : this.#fetch(url, limit, headers);
    this.#asked.set(url, answer);
    return answer;
  }

  async json(url: string, limit: number, headers: Record<string, string> = {}): Promise<Answer<unknown>> {
    const answer = await this.bytes(url, limit, headers);
    if (answer.status !== 'found') return answer;
    try {
      return { status: 'found', value: JSON.parse(answer.value.toString('utf8')) as unknown };
    } catch {
      return { status: 'unreachable', detail: `${hostOf(url)} did not answer with JSON` };
    }
  }

  async #fetch(url: string, limit: number, headers: Record<string, string>): Promise<Answer<Buffer>> {
    const timeout = AbortSignal.timeout(TIMEOUT);
    const signal = this.options.signal ? AbortSignal.any([timeout, this.options.signal]) : timeout;
    try {
      const response = await this.options.fetch(url, { headers, signal });
      if (response.status === 404 || response.status === 410) {
        await response.body?.cancel();
        return { status: 'absent' };
      }
      if (!response.ok || !response.body) {
        await response.body?.cancel();
        return { status: 'unreachable', detail: `${hostOf(url)} answered ${response.status}` };
      }
      const pieces: Uint8Array[] = [];
      let size = 0;
      for await (const piece of response.body as AsyncIterable<Uint8Array>) {
        size += piece.length;
        if (size > limit)
          return { status: 'unreachable', detail: `${hostOf(url)} answered with more than ${limit} bytes` };
        pieces.push(piece);
      }
      return { status: 'found', value: Buffer.concat(pieces) };
    } catch (error) {
      this.options.signal?.throwIfAborted();
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
      return { status: 'unreachable', detail: `${hostOf(url)} cannot be reached${cause ? ` (${cause})` : ''}` };
    }
  }
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'the registry');

/** A path appended to a base whose last slash may be missing. */
export const under = (base: string, path: string): string => `${base.replace(/\/+$/, '')}/${path}`;
