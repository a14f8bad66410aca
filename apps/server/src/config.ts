/** Reads the environment, once. The only file that looks at process.env. */
import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { ServerError } from './error.ts';
import { readInternalTargets } from './outbound/internal-addresses.ts';
import { readRepairArchives } from './repair/archives.ts';
import type { RepairArchives } from './repair/order.ts';
import { CANDIDATE_SETTINGS, readArchivePlaces, readCandidateFeeds } from './scan/candidates.ts';
import type { FeedDefinition } from './scan/feeds.ts';

export const ROLES = ['api', 'worker', 'signer', 'admission'] as const;
export type RoleName = (typeof ROLES)[number];

const Port = z.coerce.number().int().min(0).max(65535);
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

const Environment = z.object({
  PRATIQUE_HOST: z.string().default('127.0.0.1'),
  PRATIQUE_PORT: Port.default(8480),
  PRATIQUE_ADMISSION_PORT: Port.default(8481),
  PRATIQUE_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  PRATIQUE_ALIASES: z.string().default(''),
  PRATIQUE_ALLOW_INTERNAL_TARGETS: z.string().default(''),
  PRATIQUE_TLS_CERT: z.string().optional(),
  PRATIQUE_TLS_KEY: z.string().optional(),
  PRATIQUE_DATA: z.string().optional(),
  PRATIQUE_BLOBS: z.string().optional(),
  PRATIQUE_DRAIN_S: z.coerce.number().int().min(0).max(3600).default(0),
  PRATIQUE_CACHE: z.string().optional(),
  PRATIQUE_ADMIN_PASSWORD: z.string().min(8, 'has at least 8 characters').optional(),
  PRATIQUE_MASTER_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is 64 hex digits')
    .optional(),
  PRATIQUE_MASTER_KEY_FILE: z.string().optional(),
  PRATIQUE_MASTER_KEY_PREVIOUS: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is 64 hex digits')
    .optional(),
  PRATIQUE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  PRATIQUE_METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,512}$/, 'has 16 to 512 characters, without spaces')
    .optional(),
  PRATIQUE_POLICY_ENGINE: z.string().optional(),
  PRATIQUE_CONSOLE: z.string().optional(),
  PRATIQUE_SCAN_MEMORY_MB: z.coerce.number().int().min(256).max(65536).default(1024),
  PRATIQUE_SCAN_TIMEOUT_S: z.coerce.number().int().min(10).max(86400).default(900),
  PRATIQUE_REPAIR_MEMORY_MB: z.coerce.number().int().min(512).max(65536).default(2048),
  PRATIQUE_REPAIR_TIMEOUT_S: z.coerce.number().int().min(10).max(86400).default(1800),
  PRATIQUE_REPAIR_ARCHIVES: z.string().startsWith('/').optional(),
  PRATIQUE_REPAIR_SANDBOX: z.enum(['on', 'off']).default('on'),
  PRATIQUE_VERDICT_DAYS: z.coerce.number().int().min(1).max(365).default(30),
  PRATIQUE_LAYER_CACHE_MB: z.coerce.number().int().min(0).max(1048576).default(2048),
  PRATIQUE_SCANNERS: z.coerce.number().int().min(1).max(64).default(2),
  PRATIQUE_FEEDS: z.enum(['on', 'off']).default('on'),
  PRATIQUE_FEEDS_HOURS: z.coerce.number().int().min(1).max(168).default(6),
  ...CANDIDATE_SETTINGS,
  PRATIQUE_RUN_DIR: z.string().optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'begins with postgres://')
    .optional(),
  XDG_CACHE_HOME: z.string().optional(),
});

export type Config = {
  host: string;
  port: number;
  admissionPort: number;
  /** Without a trailing slash; how people and clusters reach the server. */
  publicUrl: string;
  /** Further `host[:port]` by which image references may name this registry. */
  aliases: string[];
  /** Internal addresses that requests may go to although users name them: `host:port`, `http://host:port`, networks. */
  allowInternalTargets: string[];
  tls: { cert: string; key: string } | null;
  dataDir: string;
  /** The blobs; several instances on one database share it. */
  blobsDir: string;
  /** Seconds between saying that this process will stop and refusing connections. */
  drainS: number;
  cacheDir: string;
  /** Sockets of the process tree; short, since socket paths are. */
  runDir: string;
  adminPassword: string | null;
  masterKey: { hex: string } | { file: string };
  /** The master key before this one; what it encrypted is encrypted anew at the start. */
  previousMasterKey: string | null;
  logLevel: string;
  /** What /metrics asks for as a bearer token; null: nothing. */
  metricsToken: string | null;
  policyEngine: string | null;
  consoleDir: string;
  scan: { memoryMb: number; timeoutS: number; parallel: number; layerCacheMb: number };
  /** `sandbox`: maintainer scripts may run in one, where runc is installed. */
  repair: { memoryMb: number; timeoutS: number; sandbox: boolean; archives: RepairArchives };
  verdictDays: number;
  /** Hours between updates of the advisories; null: never fetched. */
  feedsHours: number | null;
  /** What the distributions' suites offer, fetched with the advisories. */
  candidates: FeedDefinition[];
  /** null: the embedded PostgreSQL. */
  databaseUrl: string | null;
};

/**
 * @param root the checkout or installation, against which defaults are resolved
 * @throws ServerError `config-invalid`, one sentence that names the key
 */
export function readConfig(env: NodeJS.ProcessEnv, root: string): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(present);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ServerError('config-invalid', `${String(issue?.path[0])} is invalid: ${issue?.message}`);
  }
  const e = parsed.data;
  if ((e.PRATIQUE_TLS_CERT === undefined) !== (e.PRATIQUE_TLS_KEY === undefined))
    throw new ServerError(
      'config-invalid',
      'PRATIQUE_TLS_CERT and PRATIQUE_TLS_KEY belong together; one of them is missing',
    );
  const tls =
    e.PRATIQUE_TLS_CERT && e.PRATIQUE_TLS_KEY
      ? { cert: resolve(root, e.PRATIQUE_TLS_CERT), key: resolve(root, e.PRATIQUE_TLS_KEY) }
      : null;
  if (!tls && !LOOPBACK.has(e.PRATIQUE_HOST))
    throw new ServerError(
      'config-invalid',
      `PRATIQUE_HOST is ${e.PRATIQUE_HOST}, which others can reach; plain HTTP is for loopback only: set PRATIQUE_TLS_CERT and PRATIQUE_TLS_KEY`,
    );
  const dataDir = resolve(root, e.PRATIQUE_DATA ?? '.pratique');
  const cacheDir = resolve(e.PRATIQUE_CACHE ?? join(e.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pratique'));
  const shownHost = e.PRATIQUE_HOST.includes(':') ? `[${e.PRATIQUE_HOST}]` : e.PRATIQUE_HOST;
  return {
    host: e.PRATIQUE_HOST,
    port: e.PRATIQUE_PORT,
    admissionPort: e.PRATIQUE_ADMISSION_PORT,
    publicUrl: (e.PRATIQUE_PUBLIC_URL ?? `${tls ? 'https' : 'http'}://${shownHost}:${e.PRATIQUE_PORT}`).replace(
      /\/+$/,
      '',
    ),
    aliases: e.PRATIQUE_ALIASES.split(',')
      .map((alias) => alias.trim())
      .filter((alias) => alias !== ''),
    allowInternalTargets: readTargets(e.PRATIQUE_ALLOW_INTERNAL_TARGETS),
    tls,
    dataDir,
    blobsDir: resolve(root, e.PRATIQUE_BLOBS ?? join(dataDir, 'blobs')),
    drainS: e.PRATIQUE_DRAIN_S,
    cacheDir,
    runDir: e.PRATIQUE_RUN_DIR ?? `/tmp/pratique-${randomBytes(5).toString('hex')}`,
    adminPassword: e.PRATIQUE_ADMIN_PASSWORD ?? null,
    masterKey: e.PRATIQUE_MASTER_KEY
      ? { hex: e.PRATIQUE_MASTER_KEY }
      : { file: resolve(root, e.PRATIQUE_MASTER_KEY_FILE ?? join(dataDir, 'master.key')) },
    previousMasterKey: e.PRATIQUE_MASTER_KEY_PREVIOUS ?? null,
    logLevel: e.PRATIQUE_LOG_LEVEL,
    metricsToken: e.PRATIQUE_METRICS_TOKEN ?? null,
    policyEngine: e.PRATIQUE_POLICY_ENGINE ?? null,
    consoleDir: resolve(root, e.PRATIQUE_CONSOLE ?? 'apps/console/dist'),
    scan: {
      memoryMb: e.PRATIQUE_SCAN_MEMORY_MB,
      timeoutS: e.PRATIQUE_SCAN_TIMEOUT_S,
      parallel: e.PRATIQUE_SCANNERS,
      layerCacheMb: e.PRATIQUE_LAYER_CACHE_MB,
    },
    repair: {
      memoryMb: e.PRATIQUE_REPAIR_MEMORY_MB,
      timeoutS: e.PRATIQUE_REPAIR_TIMEOUT_S,
      sandbox: e.PRATIQUE_REPAIR_SANDBOX === 'on',
      archives: readRepairArchives(e.PRATIQUE_REPAIR_ARCHIVES, readArchivePlaces(e)),
    },
    verdictDays: e.PRATIQUE_VERDICT_DAYS,
    feedsHours: e.PRATIQUE_FEEDS === 'on' ? e.PRATIQUE_FEEDS_HOURS : null,
    candidates: readCandidateFeeds(e, join(cacheDir, 'indexes')),
    databaseUrl: e.DATABASE_URL ?? null,
  };
}

function readTargets(text: string): string[] {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  readInternalTargets(entries); // stops the start with a sentence about the entry that is wrong
  return entries;
}
