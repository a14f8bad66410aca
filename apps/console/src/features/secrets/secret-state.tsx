/** Whether a container sees the secret: told by shape and word. */
import type { SecretState } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import './secrets.css';

export function SecretStateMark({ state }: { state: SecretState }) {
  const { contents } = useText();
  return (
    <span className={`secret-state ${state}`} title={contents.statesLong[state]}>
      <svg viewBox="0 0 12 12" width="12" height="12" fill="none" stroke="currentColor" aria-hidden="true">
        {state === 'reachable' ? (
          <>
            <path d="M0.75 6q5.25 -7 10.5 0q-5.25 7 -10.5 0z" strokeWidth="1.5" />
            <circle cx="6" cy="6" r="1.75" fill="currentColor" stroke="none" />
          </>
        ) : (
          <path d="M1 3l5 2.5 5-2.5M1 6l5 2.5 5-2.5" strokeWidth="1.5" strokeDasharray="2 1" />
        )}
      </svg>
      {contents.states[state]}
    </span>
  );
}
