/** References on the command line: `[host[:port]/]ACCOUNT/NAME[:tag|@digest]`; without a host, the server. */
import { OciError, parseReference } from '@pratique/oci';
import { CliError, EXIT } from './exit.ts';

export type ServerImage = {
  account: string;
  repository: string /** tag or digest */;
  reference: string;
  tag: string | null;
};
export type ImageReference = { host: string | null; name: string; tag: string | null; digest: string | null };

/** @throws CliError usage */
export function readReference(text: string): ImageReference {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof OciError) throw new CliError(EXIT.usage, error.message);
    throw error;
  }
}

/** True when the reference means the server, by name or because it names no host. */
export function isOnServer(reference: ImageReference, serverUrl: string): boolean {
  return reference.host === null || reference.host.toLowerCase() === new URL(serverUrl).host.toLowerCase();
}

/**
 * An image of the server; `latest` where neither tag nor digest is given.
 * @throws CliError usage when it names another registry or no account
 */
export function readServerImage(text: string, serverUrl: string): ServerImage {
  const parsed = readReference(text);
  if (!isOnServer(parsed, serverUrl))
    throw new CliError(
      EXIT.usage,
      `${text} is in another registry than ${new URL(serverUrl).host}; copy it in first: pratique copy ${text} ACCOUNT/NAME:TAG`,
    );
  const slash = parsed.name.indexOf('/');
  if (slash < 0) throw new CliError(EXIT.usage, `${text} names no account; write ACCOUNT/NAME[:tag]`);
  const tag = parsed.tag ?? (parsed.digest === null ? 'latest' : null);
  return {
    account: parsed.name.slice(0, slash),
    repository: parsed.name.slice(slash + 1),
    reference: parsed.digest ?? tag ?? 'latest',
    tag,
  };
}

export function imagePath(image: ServerImage, suffix = ''): string {
  return `/accounts/${encodeURIComponent(image.account)}/image${suffix}?${new URLSearchParams({ repository: image.repository, reference: image.reference })}`;
}
