/** A mention of something that has a page: a link there, with a card of what is known on hover and focus. */
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Link } from 'react-router';
import './mention.css';

const PAUSE_MS = 350;
const CARD_PX = 368;

type Props = {
  to: string;
  children: ReactNode;
  /** What stands on the card; made when it is shown. */
  card: () => ReactNode;
};

export function Mention({ to, children, card }: Props) {
  const [at, setAt] = useState<{ left: number; top: number } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const id = useId();
  useEffect(() => () => clearTimeout(timer.current), []);
  const open = (element: HTMLElement): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const { left, bottom } = element.getBoundingClientRect();
      setAt({ left: Math.min(left, innerWidth - CARD_PX), top: bottom + 4 });
    }, PAUSE_MS);
  };
  const close = (): void => {
    clearTimeout(timer.current);
    setAt(null);
  };
  return (
    <>
      <Link
        to={to}
        className="mention"
        aria-describedby={at ? id : undefined}
        onMouseEnter={(event) => open(event.currentTarget)}
        onFocus={(event) => open(event.currentTarget)}
        onMouseLeave={close}
        onBlur={close}
        onClick={close}
        onKeyDown={(event) => event.key === 'Escape' && close()}
      >
        {children}
      </Link>
      {at && (
        <Card id={id} at={at}>
          {card()}
        </Card>
      )}
    </>
  );
}

function Card({ id, at, children }: { id: string; at: { left: number; top: number }; children: ReactNode }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => ref.current?.showPopover(), []);
  return (
    <div id={id} ref={ref} role="tooltip" popover="manual" className="hover-card" style={at}>
      {children}
    </div>
  );
}
