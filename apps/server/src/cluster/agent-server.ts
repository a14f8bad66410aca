/** What agents ask of the HTTPS listener: enrolment with a token, everything else with a certificate. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import {
  AgentEnrolment,
  type AgentIdentity,
  AgentRenewal,
  AgentReport,
  type AgentReportAnswer,
} from '@pratique/contract';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Db } from '../db/connect.ts';
import { ServerError, STATUS } from '../error.ts';
import { readBody } from '../registry/read-body.ts';
import type { ClusterCertificate, Signer } from '../signer/client.ts';
import { identityOf, isOfFormerAuthority, renewingIdentityOf } from './agent-identity.ts';
import { certificatesOf, fingerprintOf } from './authority-bundle.ts';
import { enrolAgent, renewAgent } from './enrolment.ts';
import { REPORT_WITHIN_S, takeReport } from './take-report.ts';

export const AGENT_PATH = '/agent/v1/';
const MAX_SMALL_BYTES = 16 * 1024;
/** 500 pods of several containers with long names. */
const MAX_REPORT_BYTES = 4 * 1024 * 1024;

export type AgentDeps = {
  db: Db;
  signer: Pick<Signer, 'clusterCertificate'>;
  log: Logger;
  /** The instance's authorities, PEM; the one that issues comes first. */
  authority: () => string;
};

export async function answerAgent(deps: AgentDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const answer = await route(deps, request);
    send(response, 200, answer);
  } catch (error) {
    if (error instanceof ServerError) {
      deps.log.info({ code: error.code, reason: error.message, path: request.url }, 'an agent was refused');
      send(response, STATUS[error.code], { error: { code: error.code, message: error.message } });
    } else {
      deps.log.error({ err: error, path: request.url }, 'an agent could not be answered');
      send(response, 500, { error: { code: 'internal', message: 'something went wrong here; the log says what' } });
    }
  }
}

async function route(deps: AgentDeps, request: IncomingMessage): Promise<AgentIdentity | AgentReportAnswer> {
  const path = (request.url ?? '').slice(AGENT_PATH.length);
  if (request.method !== 'POST' || !['enroll', 'renew', 'report'].includes(path))
    throw new ServerError('not-found', `an agent may POST to enroll, renew and report below ${AGENT_PATH}`);
  if (path === 'enroll')
    return identityAnswer(await enrolAgent(deps, await readJson(request, AgentEnrolment, MAX_SMALL_BYTES), new Date()));
  const socket = request.socket as TLSSocket;
  const now = new Date();
  const identity = path === 'renew' ? renewingIdentityOf(socket, now, deps.authority()) : identityOf(socket, now);
  if (identity.outcome === 'nobody') throw new ServerError('unauthenticated', identity.reason);
  if (path === 'renew') {
    const { csr } = await readJson(request, AgentRenewal, MAX_SMALL_BYTES);
    return identityAnswer(await renewAgent(deps, identity, csr));
  }
  const report = await readJson(request, AgentReport, MAX_REPORT_BYTES);
  const outcome = await takeReport(deps.db, identity, report, new Date());
  return { outcome, nextWithin: REPORT_WITHIN_S, ...newTrust(socket, report, deps.authority()) };
}

/** What the agent has to change where the authority is being rotated; older agents say nothing of it and are told nothing. */
function newTrust(socket: TLSSocket, { trust }: AgentReport, bundle: string): Partial<AgentReportAnswer> {
  if (!trust) return {};
  const wanted = certificatesOf(bundle).map(fingerprintOf);
  const isSame = wanted.length === trust.agent.length && wanted.every((one) => trust.agent.includes(one));
  return {
    ...(isSame ? {} : { authority: bundle }),
    ...(wanted.length > 1 && isOfFormerAuthority(socket, bundle) ? { renew: true } : {}),
  };
}

const identityAnswer = ({ certificatePem, caPem }: ClusterCertificate): AgentIdentity => ({
  certificate: certificatePem,
  authority: caPem,
});

async function readJson<T>(request: IncomingMessage, schema: z.ZodType<T>, limit: number): Promise<T> {
  const text = (await readBody(request, limit)).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ServerError('invalid', 'the body is not JSON', { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ServerError('invalid', `${issue?.path.join('.') || 'the body'}: ${issue?.message}`);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  // The Date header that Node adds is what the agent compares its clock with.
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes);
}
