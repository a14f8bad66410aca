/** Who the agent is: enrolled once by the token, renewed at half of each certificate's life, kept across restarts. */
import { X509Certificate } from 'node:crypto';
import { AgentIdentity } from '@pratique/contract';
import type { Logger } from 'pino';
import { backoffDelay, pause } from '../backoff.ts';
import { AgentError } from '../error.ts';
import type { Credentials, ServerClient } from '../server/client.ts';
import { makeKey, makeRequest } from './certificate-request.ts';
import type { Enrolment } from './enrolment.ts';
import type { Identity, IdentityStore } from './store.ts';

/** The server backdates certificates, so that their beginning says nothing about when they were made. */
const LIFE_MS = 24 * 3_600_000;
const CHECK_MS = 60_000;
/** A token that was refused is looked at again this often: a new one may have been applied. */
const REFUSED_MS = 30_000;

export type IdentityDeps = {
  store: IdentityStore;
  client: ServerClient;
  readEnrolment: () => Promise<Enrolment>;
  log: Logger;
};

/** Returns once there is a certificate that the server gave; tries for ever. */
export async function obtainIdentity(deps: IdentityDeps, signal: AbortSignal): Promise<Identity | null> {
  for (let failures = 0; !signal.aborted; failures++)
    try {
      const stored = await deps.store.read();
      if (stored?.certificate) return stored;
      return await enrol(deps, stored);
    } catch (error) {
      deps.log.error({ err: error, failures }, 'this cluster cannot be enrolled yet');
      const refused = error instanceof AgentError && error.code === 'identity-refused';
      await pause(refused ? REFUSED_MS : backoffDelay(failures), signal);
    }
  return null;
}

/**
 * Enrols with whatever token is mounted now. The key is stored first, so that a lost answer can be asked for again; an
 * identity that there is stays until the new one is there.
 */
export async function enrol(deps: IdentityDeps, stored: Identity | null): Promise<Identity> {
  const { authority, token } = await deps.readEnrolment();
  const pending = stored && !stored.certificate ? stored : { key: makeKey(), certificate: null, authority: null };
  if (!stored?.certificate) await deps.store.write(pending);
  const body = { token, csr: await makeRequest(pending.key) };
  const credentials: Credentials = { authority, key: null, certificate: null };
  const answer = await deps.client.post('/agent/v1/enroll', body, credentials, AgentIdentity);
  const identity = { key: pending.key, certificate: answer.certificate, authority: answer.authority };
  await deps.store.write(identity);
  deps.log.info({ until: endOf(identity)?.toISOString() }, 'this cluster is enrolled');
  return identity;
}

/** A new key and its certificate, for a certificate that the server still accepts. */
export async function renew(deps: IdentityDeps, identity: Identity): Promise<Identity> {
  const key = makeKey();
  const credentials = credentialsOf(identity);
  const answer = await deps.client.post('/agent/v1/renew', { csr: await makeRequest(key) }, credentials, AgentIdentity);
  const renewed = { key, certificate: answer.certificate, authority: answer.authority };
  await deps.store.write(renewed);
  deps.log.info({ until: endOf(renewed)?.toISOString() }, 'the certificate is renewed');
  return renewed;
}

export function credentialsOf(identity: Identity): Credentials {
  return { authority: identity.authority ?? '', key: identity.key, certificate: identity.certificate };
}

/** Whether half of the certificate's life has passed, by the server's clock. */
export function isDue(identity: Identity, now: number): boolean {
  const end = endOf(identity);
  return end === null || end.getTime() - now < LIFE_MS / 2;
}

function endOf(identity: Identity): Date | null {
  return identity.certificate ? new X509Certificate(identity.certificate).validToDate : null;
}

/** Renews for as long as the agent runs; `onChange` gets each new identity. */
export async function keepIdentity(
  deps: IdentityDeps,
  current: () => Identity,
  onChange: (identity: Identity) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    if (isDue(current(), Date.now() + (deps.client.clockOffset() ?? 0)))
      try {
        onChange(await renew(deps, current()));
        failures = 0;
      } catch (error) {
        failures++;
        deps.log.warn({ err: error, failures }, 'the certificate cannot be renewed yet');
      }
    await pause(failures === 0 ? CHECK_MS : Math.min(backoffDelay(failures), CHECK_MS), signal);
  }
}
