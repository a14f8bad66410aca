/** Sends whoever opens the bare address to the account they used last. */
import { Navigate } from 'react-router';
import { useText } from '../catalogue/use-text.ts';
import { paths } from '../format/paths.ts';
import { Command } from '../ui/copyable.tsx';
import { Answered, Empty } from '../ui/states.tsx';
import { lastAccount } from './last-account.ts';
import { useMe } from './session.ts';

export function Home() {
  const me = useMe();
  const { shell, words } = useText();
  return (
    <Answered query={me} what={words.account} skeleton={null}>
      {(person) => {
        if (!person) return <Navigate to={paths.signIn()} replace />;
        const chosen = person.accounts.find((one) => one.name === lastAccount()) ?? person.accounts[0];
        if (chosen) return <Navigate to={paths.overview(chosen.name)} replace />;
        return (
          <main className="page">
            <Empty title={shell.noAccount}>
              <p>{shell.noAccountHint}</p>
              <Command
                text={`curl -u ${person.name} -H 'content-type: application/json' -d '{"name":"my-team"}' ${location.origin}/api/v1/accounts`}
              />
            </Empty>
          </main>
        );
      }}
    </Answered>
  );
}
