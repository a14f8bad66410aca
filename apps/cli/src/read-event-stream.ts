/** Reads server-sent events (HTML Standard, 9.2.6) out of a response body. */

export type StreamedEvent = { id: string | null; data: string };

const MAX_EVENT = 4 * 1024 * 1024;

/** Ends when the stream ends or breaks. @throws Error for an event that has no end */
export async function* readEventStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamedEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let id: string | null = null;
  let data: string[] = [];
  for await (const chunk of survive(body)) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split(/\r?\n/);
    rest = lines.pop() ?? '';
    if (rest.length > MAX_EVENT) throw new Error('an event of the stream has no end');
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { id, data: data.join('\n') };
        [id, data] = [null, []];
      } else if (line.startsWith('id:')) id = line.slice(3).trim();
      else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
    }
  }
}

/** A connection that breaks is an end like another: the reader resumes after the last event it had. */
async function* survive(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch {
    return;
  }
}
