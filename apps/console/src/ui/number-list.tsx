/** The few numbers that matter, each a link to its rows, each with what it is compared with. */
import { Link } from 'react-router';
import './number-list.css';

export type ShownNumber = { to: string; value: string; label: string; beside: string };

/** @param label names the list for who cannot see it */
export function NumberList({ label, numbers }: { label: string; numbers: readonly ShownNumber[] }) {
  return (
    <ul className="numbers" aria-label={label}>
      {numbers.map((number) => (
        <li key={number.label}>
          <Link to={number.to} preventScrollReset>
            <span className="numbers-label">{number.label}</span>
            <strong>{number.value}</strong>
            <span className="numbers-beside">{number.beside}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
