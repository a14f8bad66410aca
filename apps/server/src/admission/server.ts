/** The webhook's HTTPS server: who is asking, what for, and an answer in every case. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { findAmbiguity } from '@pratique/oci/json';
import type { Logger } from 'pino';
import { AGENT_PATH, answerAgent } from '../cluster/agent-server.ts';
import type { Db } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { readBody } from '../registry/read-body.ts';
import type { Signer } from '../signer/client.ts';
import type { ClusterEntry, Clusters } from './clusters.ts';
import type { RecordReview } from './record.ts';
import { AdmissionReview, pinImages, type ReviewDeps, type ReviewOutcome, reviewObject } from './review.ts';

/** The API server itself stops at about this size. */
const MAX_REVIEW_BYTES = 3 * 1024 * 1024;
const PATH = /^\/admission\/(?:clusters\/([0-9a-f-]{36})\/([A-Za-z0-9_-]{20,100})\/)?(validate|mutate)$/;

export type AdmissionDeps = ReviewDeps & {
  db: Db;
  clusters: Clusters;
  record: RecordReview;
  signer: Signer;
  /** The instance's authorities, PEM; the one that issues comes first. */
  authority: () => string;
  log: Logger;
  observe: (verb: string, outcome: string, seconds: number) => void;
};

/** One listener for API servers, who show the path's secret, and for agents, who show a certificate of the authority. */
export function createAdmissionServer(
  deps: AdmissionDeps,
  certificate: { cert: string; key: string; ca: string },
): Server {
  const options = { ...certificate, minVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: false } as const;
  const server = createServer(options, (request, response) => {
    if (request.url?.startsWith(AGENT_PATH)) void answerAgent(deps, request, response);
    else void respond(deps, request, response);
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  server.keepAliveTimeout = 65_000;
  server.maxRequestsPerSocket = 0;
  return server;
}

async function respond(deps: AdmissionDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = performance.now();
  const send = (status: number, body: unknown) => {
    const bytes = Buffer.from(JSON.stringify(body));
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes);
  };
  const match = PATH.exec((request.url ?? '').split('?')[0] ?? '');
  if (request.method === 'GET' && request.url === '/readyz') return send(200, { status: 'ready' });
  if (!match || request.method !== 'POST')
    return send(404, { error: 'POST an AdmissionReview to /admission/validate or /admission/mutate' });
  const verb = match[3] === 'mutate' ? 'mutate' : 'validate';
  let uid = '';
  try {
    const cluster = await findCluster(deps.clusters, match[1], match[2], request);
    if (!cluster) return send(403, { error: 'this path stands for no cluster that you may speak for' });
    const text = (await readBody(request, MAX_REVIEW_BYTES)).toString('utf8');
    const raw: unknown = JSON.parse(text);
    uid = uidOf(raw);
    // Of a key that is there twice another reader may take the other value: it would run what was not judged.
    const ambiguity = findAmbiguity(text, { exactCase: true });
    if (ambiguity) return send(200, answer(uid, false, `the AdmissionReview cannot be trusted: ${ambiguity}`, []));
    const parsed = AdmissionReview.safeParse(raw);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return send(
        200,
        answer(uid, false, `the AdmissionReview cannot be read at ${issue?.path.join('.')}: ${issue?.message}`, []),
      );
    }
    if (verb === 'mutate') {
      const patch = await pinImages(deps, cluster, parsed.data);
      deps.observe(verb, 'answered', (performance.now() - started) / 1000);
      return send(200, {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: {
          uid,
          allowed: true,
          ...(patch.length > 0
            ? { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
            : {}),
        },
      });
    }
    const outcome = await reviewObject(deps, cluster, parsed.data);
    if (!outcome.exempt && parsed.data.request.dryRun !== true)
      await deps.record(cluster, parsed.data, outcome).catch((cause: unknown) => {
        throw new ServerError(
          'unavailable',
          `this was judged, and would be ${outcome.allowed ? 'allowed' : 'denied'}, but the decision could not be recorded`,
          { cause },
        );
      });
    deps.observe(verb, outcome.allowed ? 'allowed' : 'denied', (performance.now() - started) / 1000);
    send(200, answer(uid, outcome.allowed, message(outcome), outcome.warnings));
  } catch (error) {
    // Fails closed: whatever went wrong, nothing is let through because of it.
    deps.log.error({ err: error, verb }, 'admission review failed');
    deps.observe(verb, 'failed', (performance.now() - started) / 1000);
    // Without an answer of its form the API server fails the request, as its failurePolicy says.
    if (verb === 'mutate') return send(error instanceof SyntaxError ? 400 : 500, { error: reasonOf(error) });
    send(
      200,
      answer(
        uid,
        false,
        `Pratique could not answer: ${reasonOf(error)}; nothing is admitted unjudged or unrecorded. Try again in a moment`,
        [],
      ),
    );
  }
}

async function findCluster(
  clusters: Clusters,
  id: string | undefined,
  token: string | undefined,
  request: IncomingMessage,
): Promise<ClusterEntry | null> {
  if (id !== undefined && token !== undefined) return clusters.byToken(id, token);
  return isLoopback(request.socket.remoteAddress ?? '') ? clusters.defaultCluster() : null;
}

/** Our own sentences as they are; what a database or a parser says is for the log. */
function reasonOf(error: unknown): string {
  if (error instanceof ServerError || (error as Error).name === 'PolicyError') return (error as Error).message;
  return error instanceof SyntaxError ? 'the body is not JSON' : 'something went wrong here; the log says what';
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

function uidOf(raw: unknown): string {
  const uid = (raw as { request?: { uid?: unknown } } | null)?.request?.uid;
  return typeof uid === 'string' ? uid.slice(0, 128) : '';
}

function message(outcome: ReviewOutcome): string {
  return outcome.reasons.length === 0 ? '' : outcome.reasons.slice(0, 20).join('\n');
}

function answer(uid: string, allowed: boolean, text: string, warnings: string[]) {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed,
      ...(allowed ? {} : { status: { code: 403, reason: 'Forbidden', message: text.slice(0, 8000) } }),
      // The API server cuts warnings off at 256 characters each and 4,096 in total.
      ...(warnings.length > 0 ? { warnings: warnings.slice(0, 15).map((warning) => warning.slice(0, 250)) } : {}),
    },
  };
}
