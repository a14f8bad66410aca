/** For pages that threw: what happened, and a way on. */
import { useRouteError } from 'react-router';
import { Failure } from '../ui/states.tsx';

export function Broken() {
  const thrown = useRouteError();
  return (
    <main className="page">
      <Failure error={thrown instanceof Error ? thrown : new Error(String(thrown))} retry={() => location.reload()} />
    </main>
  );
}
