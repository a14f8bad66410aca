/** Listens for the word that something was written or read; a lost word only costs time. */
import pg from 'pg';
import { CHANNEL } from './readers.ts';

export type Waker = { stop(): Promise<void> };

const AGAIN_MS = 1000;

/**
 * Keeps one connection listening, and opens another when it breaks.
 * @param onWord called with `written` or `read` and the id of the reader that says so
 */
export function listenForWords(url: string, onWord: (word: 'written' | 'read', by: string) => void): Waker {
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function open(): Promise<void> {
    const fresh = new pg.Client({ connectionString: url, application_name: 'pratique-listen', keepAlive: true });
    client = fresh;
    const lost = () => {
      if (client !== fresh) return;
      client = null;
      fresh.end().catch(() => {});
      if (!stopped) timer = setTimeout(() => void open(), AGAIN_MS);
    };
    fresh.on('error', lost);
    fresh.on('end', lost);
    fresh.on('notification', ({ payload = '' }) => {
      const [word, by = ''] = payload.split(' ');
      if (word === 'written' || word === 'read') onWord(word, by);
    });
    try {
      await fresh.connect();
      await fresh.query(`listen ${CHANNEL}`);
    } catch {
      lost();
    }
  }
  void open();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      const last = client;
      client = null;
      await last?.end().catch(() => {});
    },
  };
}
