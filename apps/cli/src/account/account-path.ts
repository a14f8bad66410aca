/** The server's path of what an account has. */

/** @param parts below the account; names of people's choice among them are encoded */
export function accountPath(account: string, ...parts: string[]): string {
  return `/accounts/${[account, ...parts].map(encodeURIComponent).join('/')}`;
}
