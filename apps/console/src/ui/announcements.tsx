/** Short notices, read out as well: copied, saved, gone. */
import { useSyncExternalStore } from 'react';
import './announcements.css';

const SHOWN_MS = 4000;
let current: { text: string; id: number } | null = null;
const listeners = new Set<() => void>();

function set(next: typeof current): void {
  current = next;
  for (const listener of listeners) listener();
}

/** Shows `text` for four seconds, in place of what was shown before. */
export function announce(text: string): void {
  const id = (current?.id ?? 0) + 1;
  set({ text, id });
  setTimeout(() => {
    if (current?.id === id) set(null);
  }, SHOWN_MS);
}

export function Announcements() {
  const notice = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
  return (
    <div className="announcements" role="status" aria-live="polite">
      {notice && <p key={notice.id}>{notice.text}</p>}
    </div>
  );
}
