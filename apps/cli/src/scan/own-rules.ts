/** Rules of the user beside ours: files of other tools, lists of digests, a clamd. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { type OwnRules, readRuleFile } from '@pratique/scan/content';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { visible } from '../text.ts';

export type OwnRuleOptions = {
  /** Rule files of gitleaks or Trivy. */
  secretRules?: string[];
  /** Lists of sha256. */
  malwareHashes?: string[];
  clamd?: string;
};

const FORMS: Readonly<Record<string, 'gitleaks' | 'trivy'>> = {
  '.toml': 'gitleaks',
  '.yaml': 'trivy',
  '.yml': 'trivy',
};
const MAX_SHOWN = 10;

/** Tells what of a rule file cannot be carried over. @throws CliError usage; ScanError for what is no such file */
export async function readOwnRules(context: Context, options: OwnRuleOptions): Promise<OwnRules> {
  const secrets: OwnRules['secrets'][number][] = [];
  for (const file of options.secretRules ?? []) {
    const form = FORMS[extname(file).toLowerCase()];
    if (!form) throw new CliError(EXIT.usage, `${file} is neither a .toml of gitleaks nor a .yaml of Trivy`);
    const one = { name: basename(file), form, text: (await read(context, file)).toString('utf8') };
    tellLeft(context, file, readRuleFile(one).left);
    secrets.push(one);
  }
  const hashLists: OwnRules['hashLists'][number][] = [];
  for (const file of options.malwareHashes ?? []) {
    const digest = createHash('sha256')
      .update(await read(context, file))
      .digest('hex');
    hashLists.push({ name: basename(file, extname(file)), path: resolve(context.cwd, file), digest });
  }
  return { secrets, hashLists, clamd: options.clamd === undefined ? null : await askClamd(options.clamd) };
}

async function read(context: Context, file: string): Promise<Buffer> {
  return readFile(resolve(context.cwd, file)).catch((cause: Error) => {
    throw new CliError(EXIT.usage, `${file} cannot be read: ${cause.message}`, { cause });
  });
}

function tellLeft(context: Context, file: string, left: ReturnType<typeof readRuleFile>['left']): void {
  for (const { rule, what, reason } of left.slice(0, MAX_SHOWN))
    context.note(
      `${file}: ${rule === null ? '' : `${visible(rule)}: `}${visible(what)} is not carried over: ${visible(reason)}\n`,
    );
  if (left.length > MAX_SHOWN) context.note(`${file}: and ${left.length - MAX_SHOWN} more\n`);
}

/** One that does not answer is told now: asked later, it would leave every content unexamined. */
async function askClamd(text: string): Promise<OwnRules['clamd']> {
  const { openClamd, parseClamdAddress } = await import('@pratique/scan/malware');
  try {
    const address = parseClamdAddress(text);
    return { address, version: await openClamd({ address }).version() };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : 'it does not answer';
    throw new CliError(cause instanceof TypeError ? EXIT.usage : EXIT.fault, `--clamd ${text}: ${said}`, { cause });
  }
}
