/** What one can do about what was found in contents, and how a reason is named where it is accepted. */
import type { Reason } from '@pratique/contract';

const MAX_EACH = 5;

/** One sentence for each secret, each file and each gap that a policy spoke of. */
export function mendContents(reasons: readonly Reason[]): string[] {
  const spoken = reasons.filter((reason) => reason.action !== 'dryrun');
  const of = (kind: string) => spoken.filter((reason) => reason.details['kind'] === kind);
  const secrets = of('secret').map(
    ({ details }) =>
      `Revoke the ${text(details, 'secret')} (fingerprint ${text(details, 'fingerprint').slice(0, 12)}) where it was issued, and build without it; a later layer that deletes it does not help`,
  );
  const malware = of('malware').map(
    ({ details }) => `Find out how ${text(details, 'path')} came into the image, and build without it`,
  );
  const unknown = of('not-examined').length > 0;
  return [
    ...bounded(secrets, 'secrets'),
    ...bounded(malware, 'files'),
    ...(unknown ? ['Have the contents examined: run its chain again, which says why they could not be'] : []),
  ];
}

function bounded(sentences: readonly string[], what: string): string[] {
  const different = [...new Set(sentences)];
  const more = different.length - MAX_EACH;
  return [...different.slice(0, MAX_EACH), ...(more > 0 ? [`and ${more} more ${what}`] : [])];
}

/** The options of `pratique exception request` that name what the reason is about. */
export function selectorOf({ constraint, details }: Reason): string {
  const kind = details['kind'];
  if (kind === 'secret') return `--secret ${text(details, 'fingerprint')}`;
  if (kind === 'malware') {
    const sha256 = text(details, 'sha256');
    return `--malware ${text(details, 'rule')} ${sha256 ? `--sha256 ${sha256}` : `--path ${quoted(text(details, 'path'))}`}`;
  }
  if (kind === 'baseline') return `--check ${text(details, 'check')}`;
  return typeof details['id'] === 'string' ? `--id ${details['id']}` : `--constraint ${constraint}`;
}

const text = (details: Reason['details'], key: string): string =>
  typeof details[key] === 'string' ? details[key] : '';

/** For a shell: the path is the image's own text. */
const quoted = (path: string): string => `'${path.replaceAll("'", String.raw`'\''`)}'`;
