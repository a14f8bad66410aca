/** The parts that every page has in common: its head, its sections, its tabs. */
import { type ReactNode, useEffect, useId } from 'react';
import { Link, useSearchParams } from 'react-router';
import './page.css';

export function PageHead({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Pratique`;
  }, [title]);
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {lead && <p className="lead">{lead}</p>}
      </div>
      {children && <div className="page-actions">{children}</div>}
    </header>
  );
}

export function Section({ title, aside, children }: { title: ReactNode; aside?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className="section" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

export type Tab = { id: string; label: string; count?: string | undefined };

/** Which part of a page is shown; lives in the address as `show`. */
export function useShown<T extends Tab>(tabs: readonly T[]): string {
  const [search] = useSearchParams();
  const asked = search.get('show');
  return tabs.find((tab) => tab.id === asked)?.id ?? tabs[0]?.id ?? '';
}

/** @param keep parameters of the address that stay when the part changes; those of the other part's table do not */
export function Tabs({ tabs, label, keep = [] }: { tabs: readonly Tab[]; label: string; keep?: readonly string[] }) {
  const [search] = useSearchParams();
  const shown = useShown(tabs);
  const target = (id: string): string => {
    const next = new URLSearchParams(keep.flatMap((key) => search.getAll(key).map((value) => [key, value])));
    next.set('show', id);
    return `?${next}`;
  };
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.id} to={target(tab.id)} aria-current={tab.id === shown ? 'page' : undefined} preventScrollReset>
          {tab.label}
          {tab.count !== undefined && <span className="tab-count">{tab.count}</span>}
        </Link>
      ))}
    </nav>
  );
}
