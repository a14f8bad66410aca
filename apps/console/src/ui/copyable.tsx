/** What people take elsewhere: digests, shown short and copied whole, and commands. */
import { useText } from '../catalogue/use-text.ts';
import { shortDigest } from '../format/digest.ts';
import { announce } from './announcements.tsx';
import './copyable.css';

export function useCopy(): (text: string) => void {
  const { words } = useText();
  return (text) => {
    navigator.clipboard.writeText(text).then(
      () => announce(`${words.copied}: ${shortDigest(text)}`),
      () => announce(text),
    );
  };
}

export function DigestText({ digest }: { digest: string }) {
  const { words } = useText();
  const copy = useCopy();
  return (
    <button type="button" className="digest" title={words.copyWhole(digest)} onClick={() => copy(digest)}>
      {shortDigest(digest)}
    </button>
  );
}

/** A command that gives the same answer in a terminal. */
export function Command({ text, label }: { text: string; label?: string }) {
  const { words } = useText();
  const copy = useCopy();
  return (
    <figure className="command">
      {label && <figcaption className="quiet">{label}</figcaption>}
      <div>
        <pre tabIndex={0} aria-label={label ?? words.sameInTerminal}>
          {text}
        </pre>
        <button type="button" className="button" aria-label={words.copyWhole(text)} onClick={() => copy(text)}>
          {words.copy}
        </button>
      </div>
    </figure>
  );
}
