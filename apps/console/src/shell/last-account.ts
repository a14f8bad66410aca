/** Which account was looked at last, remembered in the browser. */
const KEY = 'pratique.account';

export function lastAccount(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is refused
  }
}

export function rememberAccount(name: string): void {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // Nothing depends on it.
  }
}
