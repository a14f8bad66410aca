/** Signing in; afterwards the page that was asked for. */
import { type FormEvent, useEffect } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { Mark } from '../../shell/mark.tsx';
import { usePreferences } from '../../shell/preferences.tsx';
import { useMe, useSignIn } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { textOf } from '../../ui/form-data.ts';
import { useSentence } from '../../ui/states.tsx';
import { sameOrigin } from './same-origin.ts';
import './sign-in.css';

export function SignInPage() {
  const { signIn, shell } = useText();
  const { language, setLanguage } = usePreferences();
  const [search] = useSearchParams();
  const { data: me } = useMe();
  useEffect(() => {
    document.title = signIn.title;
  }, [signIn]);
  if (me) return <Navigate to={sameOrigin(search.get('next'))} replace />;
  return (
    <main className="sign-in">
      <header>
        <Mark size={48} />
        <h1>{signIn.title}</h1>
        <p>{signIn.motto}</p>
      </header>
      <SignInForm />
      <Button look="bare" onClick={() => setLanguage(language === 'en' ? 'zh' : 'en')}>
        {shell.otherLanguage}
      </Button>
    </main>
  );
}

function SignInForm() {
  const { signIn } = useText();
  const attempt = useSignIn();
  const sentence = useSentence();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    attempt.mutate({ user: textOf(given, 'user'), password: passwordOf(given) });
  };
  return (
    <form className="form" onSubmit={submit}>
      <TextField label={signIn.user} name="user" autoComplete="username" required autoFocus autoCapitalize="none" />
      <TextField label={signIn.password} name="password" type="password" autoComplete="current-password" required />
      {attempt.error && (
        <p role="alert" className="wrong">
          {sentence(attempt.error)}
        </p>
      )}
      <Button type="submit" look="primary" disabled={attempt.isPending}>
        {attempt.isPending ? signIn.busy : signIn.submit}
      </Button>
    </form>
  );
}

/** A password is taken as it was typed, spaces and all. */
function passwordOf(given: FormData): string {
  const value = given.get('password');
  return typeof value === 'string' ? value : '';
}
