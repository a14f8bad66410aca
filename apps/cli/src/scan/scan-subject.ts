/** Scans what is named: from the server's stored inventory where it has one, else here. */
import { resolve } from 'node:path';
import { ImageScan } from '@pratique/contract';
import { type Context, openServer } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { imagePath, isOnServer, readReference, readServerImage } from '../reference.ts';
import { defaultStore } from './advisories.ts';
import type { Examined } from './examine.ts';
import { type OwnRuleOptions, readOwnRules } from './own-rules.ts';
import { readProfile, readScanners, type Scanner } from './scanners.ts';

export type ScanOptions = {
  /** Also what is known not to affect it. */
  all?: boolean;
  /** Folder of the advisories; the user's own store by default. */
  db?: string;
  platform: string;
  /** What is inside, and nothing of what is known about it: no advisories are needed then. */
  onlyContents?: boolean;
  /** Also what a lock file marks as for development alone. */
  includeDev?: boolean;
  /** Reads the image here, whatever the server has. */
  local?: boolean;
  /** False reads every layer, whatever was read before. */
  cache?: boolean;
  /** What is looked for, as `secret,malware`; everything where it is not given. */
  scanners?: string;
  /** Checks of the baseline; all where it is not given. */
  profile?: string;
  /** Asks nobody: neither the server nor another registry. */
  offline?: boolean;
} & OwnRuleOptions;

const LOCAL = /^(?:oci|docker-archive|dir|sbom|podman|containerd|docker):/;

/** @throws CliError usage; OciError and ScanError for what cannot be read */
export async function scanSubject(context: Context, subject: string, options: ScanOptions): Promise<ImageScan> {
  if (options.offline && !LOCAL.test(subject))
    throw new CliError(
      EXIT.usage,
      `${subject} is in a registry, and --offline asks none; pull it first: pratique copy ${subject} oci:DIR:TAG`,
    );
  // What a bill of materials needs: nothing that is known elsewhere, and no advisories.
  const scanners: Scanner[] = options.onlyContents ? ['license'] : readScanners(options.scanners);
  const stored = await readStored(context, subject, options);
  if (stored) return only(scanners, stored);
  const { examine } = await import('./examine.ts');
  const { reference, digest, inventory, exposure, ...content } = await examine(context, subject, {
    platform: options.platform,
    cache: options.cache ?? true,
    scanners,
    profile: readProfile(options.profile),
    ...(hasOwnRules(options) ? { own: await readOwnRules(context, options) } : {}),
  });
  const { uncovered, ...offered } = scanners.includes('vuln')
    ? await matchHere(context, { inventory, exposure }, options)
    : { packages: inventory.packages, findings: [], uncovered: [] };
  return only(scanners, {
    image: { reference, digest, distribution: inventory.distribution },
    ...offered,
    findings: options.all ? offered.findings : offered.findings.filter((finding) => finding.status !== 'not-affected'),
    missing: inventory.missing,
    uncovered,
    ...content,
  });
}

/** What is known of an inventory, by the advisories at hand. */
export async function matchHere(
  context: Context,
  { inventory, exposure }: Pick<Examined, 'inventory' | 'exposure'>,
  options: Pick<ScanOptions, 'db' | 'includeDev'>,
): Promise<Pick<ImageScan, 'packages' | 'findings' | 'candidates' | 'uncovered'>> {
  const { ensureSeed, matchInventory, openAdvisoryStore, prioritise, withCandidates } = await import('@pratique/scan');
  const db = options.db === undefined ? defaultStore(context) : resolve(context.cwd, options.db);
  if (options.db === undefined) await ensureSeed(db);
  const store = await openAdvisoryStore(db);
  try {
    const { findings: matched, uncovered } = matchInventory(inventory, store, { development: options.includeDev });
    const findings = prioritise(matched, { likelihood: (cve) => store.likelihood(cve), exposure });
    const { packages, distribution } = inventory;
    return { ...withCandidates({ packages, findings }, distribution, store), uncovered };
  } finally {
    store.close();
  }
}

const hasOwnRules = ({ secretRules, malwareHashes, clamd }: OwnRuleOptions): boolean =>
  secretRules !== undefined || malwareHashes !== undefined || clamd !== undefined;

/** What nobody asked for is left out. */
function only(scanners: readonly Scanner[], scan: ImageScan): ImageScan {
  const vuln = scanners.includes('vuln');
  const { packages, candidates, ...rest } = scan;
  return {
    ...rest,
    ...(vuln && candidates !== undefined ? { candidates } : {}),
    packages: scanners.includes('license') ? packages : packages.map((each) => ({ ...each, licenses: [] })),
    findings: vuln ? scan.findings : [],
    uncovered: vuln ? scan.uncovered : [],
    secrets: scanners.includes('secret') ? scan.secrets : null,
    malware: scanners.includes('malware') ? scan.malware : null,
    baseline: scanners.includes('baseline') ? scan.baseline : null,
  };
}

/** What the server has found already, in a place of its own: no layer is opened again. Null where it has not. */
async function readStored(context: Context, subject: string, options: ScanOptions): Promise<ImageScan | null> {
  // The server counts no development packages, has made all checks of the baseline, and knows no rules of this machine.
  if (options.profile !== undefined || hasOwnRules(options)) return null;
  if (options.local || options.includeDev || options.offline || options.db !== undefined || LOCAL.test(subject))
    return null;
  const { api, connection } = await openServer(context);
  if (!connection.authorization || !isOnServer(readReference(subject), api.url)) return null;
  const path = imagePath(readServerImage(subject, api.url), '/scan');
  try {
    const stored = await api.find(`${path}${options.all ? '&all=true' : ''}`, ImageScan);
    // Who names contents wants them looked into, where the server has not done so or could not.
    return stored?.unexamined === null && /secret|malware|baseline/.test(options.scanners ?? '') ? null : stored;
  } catch (error) {
    // An index, or an image that no chain has looked into yet, is read here.
    if (error instanceof CliError && error.apiCode === 'conflict') return null;
    throw error;
  }
}
