/** The command palette: type, choose with the arrows, Enter. */
import { useEffect, useId, useRef, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { type Entry, useEntries } from './entries.ts';
import './palette.css';

export function Palette({ account, onClose }: { account: string; onClose: () => void }) {
  const { palette } = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const [q, setQ] = useState('');
  const [chosen, setChosen] = useState(0);
  const entries = useEntries(account, q);
  const active = Math.min(chosen, entries.length - 1);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    return () => element?.close();
  }, []);
  const run = (entry: Entry | undefined): void => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (event.key === 'Enter') run(entries[active]);
    if (step === 0 || entries.length === 0) return;
    event.preventDefault();
    const next = (active + step + entries.length) % entries.length;
    setChosen(next);
    document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label={palette.title}
      onCancel={onClose}
      onMouseDown={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <input
        className="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={entries.length > 0 ? `${id}-${active}` : undefined}
        aria-label={palette.title}
        placeholder={palette.hint}
        value={q}
        onChange={(event) => {
          setQ(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <Entries id={id} entries={entries} active={active} onRun={run} onPoint={setChosen} />
      <p className="palette-keys quiet">{entries.length === 0 ? palette.nothing : palette.keys}</p>
    </dialog>
  );
}

type ListProps = {
  id: string;
  entries: Entry[];
  active: number;
  onRun: (entry: Entry) => void;
  onPoint: (index: number) => void;
};

function Entries({ id, entries, active, onRun, onPoint }: ListProps) {
  const { palette } = useText();
  return (
    <div id={`${id}-list`} className="palette-list" role="listbox" aria-label={palette.title}>
      {entries.map((entry, index) => (
        <div
          key={entry.id}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === active}
          onMouseMove={() => onPoint(index)}
          onMouseDown={(event) => {
            event.preventDefault();
            onRun(entry);
          }}
        >
          <span>{entry.label}</span>
          <span className="quiet">{entry.group}</span>
        </div>
      ))}
    </div>
  );
}
