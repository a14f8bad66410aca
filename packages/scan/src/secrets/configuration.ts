/** Examines what an image's configuration says: variables, labels, the commands it was built by, and what it runs. */
import { z } from 'zod';
import { isNoPassword, isRandom } from './checks/plausible.ts';
import type { SecretExaminer, SecretMatch } from './examiner.ts';
import { fingerprintOf } from './redact.ts';

/** Of OCI's image configuration, what text of a maker's own may stand in. Builders write other things besides. */
const Configuration = z.object({
  config: z
    .object({
      Env: z.array(z.string()).nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
      Entrypoint: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      Healthcheck: z.object({ Test: z.array(z.string()).nullish() }).nullish(),
      OnBuild: z.array(z.string()).nullish(),
    })
    .nullish(),
  history: z.array(z.object({ created_by: z.string().nullish(), comment: z.string().nullish() })).nullish(),
});

export type HistoryEntry = { created_by?: string | null | undefined; comment?: string | null | undefined };

/** Longer texts are cut: a heredoc in a build step may be a whole program. */
const MAX_TEXT = 256 * 1024;
const MAX_TEXTS = 10_000;

/** Names of variables and options that hold a secret. */
const NAME =
  /(?:pass(?:w(?:or)?d|phrase)?|pwd|secret|token|api_?key|apikey|access_?key|private_?key|auth_?key|signing_?key|encryption_?key|master_?key|credentials?)(?:_?\d{1,2})?$/i;
/** Such names that hold none. */
const ABOUT = /(?:^|_)(?:public|gpg|pgp|file|path|allow|require|no|use|disable|enable|max|min)(?:_|$)/i;
/** `--name=value`, `--name value`, `ENV NAME value` and `NAME=value`. */
const PAIR =
  /(?:^|[\s;|&("'])(?:--([A-Za-z][\w.-]{1,60}?)(?:=|\s{1,4})|ENV\s{1,4}([A-Za-z_]\w{1,60})\s{1,4}|([A-Za-z_][\w.-]{1,60}?)=)(?:"([^"\n]{4,400})"|'([^'\n]{4,400})'|([^\s"';|&<>()-][^\s"';|&<>()]{3,400}))/g;

/**
 * The secrets of a configuration. Variables count by their names; everything else by the catalog, like files.
 *
 * @param config an OCI image configuration, as JSON gives it; what has another shape is named in `unread`
 * @param history in place of the configuration's own
 * @see OCI image-spec 1.1, config.md
 */
export function examineConfiguration(
  examiner: SecretExaminer,
  salt: Buffer,
  config: unknown,
  history?: readonly HistoryEntry[],
): { matches: SecretMatch[]; unread: string[] } {
  const parsed = Configuration.safeParse(config ?? {});
  if (!parsed.success)
    return {
      matches: [],
      unread: [`the configuration has another shape: ${parsed.error.issues[0]?.path.join('.') ?? ''}`],
    };
  const { config: run, history: own } = parsed.data;
  const unread: string[] = [];
  const matches: SecretMatch[] = [];
  let texts = 0;
  const look = (text: string, where: SecretMatch['where'], path: string, byName: (text: string) => Named[]): void => {
    if (++texts > MAX_TEXTS) return;
    if (text.length > MAX_TEXT)
      unread.push(`${where} ${path}: ${text.length} characters, of which ${MAX_TEXT} were read`);
    const bounded = text.slice(0, MAX_TEXT);
    const found = examiner.examineText(bounded, where, path);
    const named = byName(bounded).filter(({ at }) => !found.some((each) => covers(bounded, each, at)));
    for (const one of named) matches.push(toMatch(salt, bounded, where, path, one));
    // What the catalog knows only by a name is told by the name above.
    for (const each of found) if (!each.id.startsWith('generic-') || named.length === 0) matches.push(each);
  };
  for (const variable of run?.Env ?? [])
    look(variable, 'environment', variable.split('=', 1)[0]?.slice(0, 200) ?? '', inVariable);
  for (const [name, value] of Object.entries(run?.Labels ?? {}))
    look(`${name}=${value}`, 'label', name.slice(0, 200), inVariable);
  for (const [name, words] of Object.entries({
    Entrypoint: run?.Entrypoint,
    Cmd: run?.Cmd,
    Healthcheck: run?.Healthcheck?.Test,
    OnBuild: run?.OnBuild,
  }))
    if (words && words.length > 0) look(words.join(' '), 'command', name, inCommand);
  for (const [at, step] of (history ?? own ?? []).entries())
    if (step.created_by) look(step.created_by, 'history', `step ${at + 1}`, inCommand);
  if (texts > MAX_TEXTS) unread.push(`${texts} texts, of which ${MAX_TEXTS} were read`);
  return { matches, unread };
}

type Named = { name: string; value: string; at: number };

function inVariable(text: string): Named[] {
  const sign = text.indexOf('=');
  const [name, value] = [text.slice(0, sign), text.slice(sign + 1)];
  return sign > 0 && isSecret(name, value) ? [{ name, value, at: sign + 1 }] : [];
}

/** ARG and ENV of the step, values given to the build, options of programs. */
function inCommand(text: string): Named[] {
  const found: Named[] = [];
  for (const match of text.matchAll(PAIR)) {
    const [whole, option, declared, assigned, double, single, bare] = match;
    const name = option ?? declared ?? assigned ?? '';
    const value = double ?? single ?? bare ?? '';
    if (isSecret(name, value)) found.push({ name, value, at: match.index + whole.lastIndexOf(value) });
  }
  return found;
}

/** The name says so, and the value is no path, no reference, no switch and nothing that a manual would write. */
function isSecret(name: string, value: string): boolean {
  const snake = name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').replaceAll(/[.-]/g, '_');
  if (!NAME.test(snake) || ABOUT.test(snake)) return false;
  const plain = value.trim();
  if (
    plain.length < 4 ||
    plain.length > 4000 ||
    /^[./~]|:\/\/|^\d{1,6}$|\s|^(?:arn|vault|op|env|file|secret|ref):/i.test(plain)
  )
    return false;
  if (/^(?:true|false|yes|no|on|off|enabled|disabled|prompt|required|auto|default)$/i.test(plain)) return false;
  // Hashes with which a download is compared, by name or by form.
  if (/sha\d|md5|checksum|digest|fingerprint|hash/i.test(name)) return false;
  return plain.length >= 20 ? isRandom(plain) || !isNoPassword(plain) : !isNoPassword(plain);
}

function covers(text: string, match: SecretMatch, at: number): boolean {
  if (match.id.startsWith('generic-')) return false;
  const line = text.slice(0, at).split('\n').length;
  return (
    match.line === line &&
    Math.abs(match.column - 1 - Buffer.byteLength(text.slice(text.lastIndexOf('\n', at) + 1, at))) < 64
  );
}

function toMatch(
  salt: Buffer,
  text: string,
  where: SecretMatch['where'],
  path: string,
  { name, value, at }: Named,
): SecretMatch {
  const lines = Buffer.from(text.slice(0, at)).toString('latin1').split('\n');
  const id = /pass|pwd/i.test(name) ? 'password-by-name' : 'key-by-name';
  return {
    id,
    title:
      id === 'password-by-name' ? 'Password in the image’s configuration' : 'Key or token in the image’s configuration',
    severity: 'high',
    where,
    path: path.replaceAll(value, '…'),
    line: lines.length,
    column: (lines.at(-1)?.length ?? 0) + 1,
    redacted: '…',
    fingerprint: fingerprintOf(salt, id, Buffer.from(value).toString('latin1')),
  };
}
