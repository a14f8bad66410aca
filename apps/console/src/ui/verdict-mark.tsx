/** The verdict in one word: a stamp on the image's own page, a small mark everywhere else. */
import { useText } from '../catalogue/use-text.ts';
import './verdict-mark.css';

export type Standing = 'allowed' | 'refused' | 'expired' | 'revoked' | 'pending';

/** What a verdict amounts to: revocation goes before all, a refusal stays one, an allowance may have run out. */
export function standingOf(verdict: { decision: 'allow' | 'deny' | null; state: string | null } | null): Standing {
  if (!verdict || verdict.decision === null) return 'pending';
  if (verdict.state === 'revoked') return 'revoked';
  if (verdict.decision === 'deny') return 'refused';
  if (verdict.state === 'expired') return 'expired';
  return verdict.state === 'valid' ? 'allowed' : 'pending';
}

const SHAPES: Record<Standing, string> = {
  allowed: 'M2.5 6.5l2.5 2.5 5-6',
  refused: 'M2.5 2.5l7 7m0-7l-7 7',
  expired: 'M6 2.5v4l2.5 1.5',
  revoked: 'M2 6h8',
  pending: 'M3 6h.01M6 6h.01M9 6h.01',
};

function StandingShape({ standing }: { standing: Standing }) {
  return (
    <svg
      viewBox="0 0 12 12"
      width="12"
      height="12"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
    >
      <path d={SHAPES[standing]} />
    </svg>
  );
}

export function VerdictMark({ standing }: { standing: Standing }) {
  const { images } = useText();
  return (
    <span className={`verdict-mark ${standing}`}>
      <StandingShape standing={standing} />
      {images.standing[standing]}
    </span>
  );
}

export function VerdictStamp({ standing, date }: { standing: Standing; date: string | null }) {
  const { images } = useText();
  return (
    <p className={`stamp ${standing}`}>
      <span>{images.standing[standing]}</span>
      {date && <small>{date}</small>}
    </p>
  );
}
