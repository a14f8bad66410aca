/** What every role opens first: configuration, database, log. Built once per process and handed down. */
import { join } from 'node:path';
import type pg from 'pg';
import type { Logger } from 'pino';
import { type Config, type RoleName, readConfig } from '../config.ts';
import { connect, type Db } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { createLogger } from '../log.ts';

export const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

export type RoleDeps = { config: Config; db: Db; pool: pg.Pool; databaseUrl: string; log: Logger };

/** @throws ServerError `config-invalid` */
export function openRole(name: RoleName): RoleDeps {
  const config = readConfig(process.env, ROOT);
  if (config.databaseUrl === null)
    throw new ServerError(
      'config-invalid',
      'DATABASE_URL is missing: a role by itself needs the database of the others',
    );
  const { db, pool } = connect(config.databaseUrl, {
    name: `pratique-${name}`,
    max: name === 'api' ? 30 : 12,
    // Clients and clusters are told within seconds that the database is silent; jobs may wait for it.
    ...(name === 'api' || name === 'admission' ? { patienceMs: 8000 } : {}),
  });
  return { config, db, pool, databaseUrl: config.databaseUrl, log: createLogger(name, config.logLevel) };
}

/** What lets this process ask the signer; set by the supervisor for the roles that may. */
export function signerSecret(): string {
  const secret = process.env['PRATIQUE_SIGNER_SECRET'];
  if (!secret)
    throw new ServerError('config-invalid', 'PRATIQUE_SIGNER_SECRET is missing: start roles through the supervisor');
  return secret;
}

/** @throws ServerError `config-invalid` when the engine was not built or found */
export function requirePolicyEngine(config: Config): string {
  if (config.policyEngine === null)
    throw new ServerError(
      'config-invalid',
      'PRATIQUE_POLICY_ENGINE is missing: the path of the built policy engine (npm start builds it)',
    );
  return config.policyEngine;
}
