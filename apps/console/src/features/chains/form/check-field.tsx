/** One thing to tick. */
type Props = { label: string; checked: boolean; disabled?: boolean; onCheck: (checked: boolean) => void };

export function CheckField({ label, checked, disabled = false, onCheck }: Props) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onCheck(event.target.checked)}
      />
      <span>{label}</span>
    </label>
  );
}
