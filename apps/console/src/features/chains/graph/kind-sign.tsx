/** A sign for each kind of step, drawn in one line weight. */
import type { StepKind } from '@pratique/contract';
import type { ReactNode } from 'react';

const SIGNS: Record<StepKind, ReactNode> = {
  inventory: <path d="M4 5h2M4 10h2M4 15h2M9 5h7M9 10h7M9 15h7" />,
  scan: (
    <>
      <circle cx="9" cy="9" r="5.5" />
      <path d="M13 13l4 4" />
    </>
  ),
  gate: <path d="M4 17V6M16 17V6M2 9h16M2 13h16M4 6l2-3 2 3M12 6l2-3 2 3" />,
  sign: (
    <>
      <circle cx="10" cy="8" r="5" />
      <path d="M7 12.5l-1.5 5.5 4.5-2 4.5 2-1.5-5.5M8 8l1.5 1.5 2.5-3" />
    </>
  ),
  attest: <path d="M5 2.5h7l3 3v12H5zM12 2.5v3h3M7.5 9h5M7.5 12h5M7.5 15h3" />,
  deliver: <path d="M2 13h16l-3 4H5zM6 13V7h8v6M10 7V3M10 3l4 2" />,
  approval: (
    <>
      <circle cx="7" cy="6.5" r="3" />
      <path d="M2 17c0-4 2-6 5-6s5 2 5 6M12 9l2 2 4-4.5" />
    </>
  ),
  repair: <path d="M12.5 3.5a4 4 0 0 0-1.5 5.5L3 16l2 2 7-7.5a4 4 0 0 0 5.5-5l-2.5 2.5-2-.5-.5-2z" />,
};

export function KindSign({ kind }: { kind: StepKind }) {
  return (
    <svg className="kind-sign" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
      {SIGNS[kind]}
    </svg>
  );
}
