/** Where to go after signing in. */

/** The address comes from outside: only a path of this console is followed, else the start. Browsers drop tabs and line ends from addresses, so those are refused too. */
export function sameOrigin(next: string | null): string {
  return next !== null && /^\/(?![/\\])[\x20-\x7e]*$/.test(next) ? next : '/';
}
