/** How an image is named, in commands and in addresses. */

/** `account/repository:tag` or `account/repository@sha256:...`. */
export function imageName(account: string, repository: string, reference: string): string {
  return `${account}/${repository}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
}

/** What to give to docker, crane or `pratique`: the name with the registry's host before it. */
export function pullName(host: string, account: string, repository: string, reference: string): string {
  return `${host}/${imageName(account, repository, reference)}`;
}

/** Quoted for a POSIX shell where it needs to be. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
