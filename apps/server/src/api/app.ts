/** The HTTP surface under /api, with its errors and its OpenAPI document. */
import { readFile } from 'node:fs/promises';
import { createServer as createHttp, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Config } from '../config.ts';
import { isSilentDatabase } from '../db/connect.ts';
import { ServerError, STATUS } from '../error.ts';
import type { Registry } from '../registry/registry.ts';
import { enforceAccess } from './access.ts';
import { describeRoute } from './describe-route.ts';

export type App = FastifyInstance<
  Server,
  IncomingMessage,
  import('node:http').ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export type AppDeps = {
  config: Config;
  log: Logger;
  registry: Registry;
  authenticator: Authenticator;
  requestId: (request: IncomingMessage) => string;
  /** After a commit: resolves once every process, this one included, answers by it. */
  settled?: () => Promise<void>;
};

/** Makes the application; routes are added before it listens. */
export async function createApp(deps: AppDeps): Promise<App> {
  const tls = deps.config.tls
    ? { cert: await readFile(deps.config.tls.cert), key: await readFile(deps.config.tls.key) }
    : null;
  const app = Fastify({
    loggerInstance: deps.log.child({}, { level: 'warn' }) as FastifyBaseLogger,
    genReqId: deps.requestId,
    bodyLimit: 4 * 1024 * 1024,
    trustProxy: false,
    // Registry traffic never enters the framework: streams go straight from the socket to the disk.
    serverFactory: (handler) => {
      const route = (request: IncomingMessage, response: import('node:http').ServerResponse) => {
        limitBody(request);
        return request.url?.startsWith('/v2') ? deps.registry(request, response) : handler(request, response);
      };
      const often = { connectionsCheckingInterval: 5000 };
      const server = tls ? createHttps({ ...tls, ...often }, route) : createHttp(often, route);
      server.headersTimeout = 20_000;
      // Large uploads take as long as they take; a silent connection does not.
      server.requestTimeout = 0;
      server.keepAliveTimeout = 65_000;
      server.setTimeout(120_000, (socket: import('node:net').Socket) => socket.destroy());
      return server as Server;
    },
  }).withTypeProvider<ZodTypeProvider>() as unknown as App;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  enforceAccess(app as unknown as FastifyInstance, deps.authenticator);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Pratique',
        version: '0.1.0',
        description: 'From push to production: inventory, scan, gate, sign, deliver, admit.',
      },
      servers: [{ url: deps.config.publicUrl }],
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, basic: { type: 'http', scheme: 'basic' } },
      },
      security: [{ bearer: [] }, { basic: [] }],
    },
    transform: describeRoute,
  });
  // What was changed is acknowledged when every process answers accordingly, this one included: a revoked token is dead.
  app.addHook('onSend', async (request, reply) => {
    if (request.method !== 'GET' && request.method !== 'HEAD' && reply.statusCode < 400) await deps.settled?.();
  });
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
  });
  app.setErrorHandler(
    (
      error: Error & {
        statusCode?: number;
        validation?: { instancePath: string; message?: string }[];
        validationContext?: string;
      },
      request,
      reply,
    ) => {
      const failure = toServerError(error);
      if (STATUS[failure.code] >= 500) deps.log.error({ err: error, requestId: request.id }, 'request failed');
      if (failure.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer realm="pratique"');
      return reply.status(STATUS[failure.code]).send({
        error: { code: failure.code, message: failure.message, details: failure.details, requestId: request.id },
      });
    },
  );
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({
      error: {
        code: 'not-found',
        message: `there is no ${request.method} ${request.url.slice(0, 200)}`,
        details: {},
        requestId: request.id,
      },
    }),
  );
  return app;
}

const BODY_MS = 60_000;

/** A body that comes a byte at a time never looks silent. Uploads, which may take long, have limits of their own. */
function limitBody(request: IncomingMessage): void {
  if (request.method === 'GET' || request.method === 'HEAD' || request.url?.includes('/blobs/uploads/')) return;
  const timer = setTimeout(() => {
    if (!request.complete) request.destroy();
  }, BODY_MS);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
}

type RawError = Error & {
  code?: string;
  statusCode?: number;
  validation?: { instancePath: string; message?: string }[];
  validationContext?: string;
};

/** What the caller is told: our own sentences as they are, everything unexpected without its text. */
function toServerError(error: RawError): ServerError {
  if (error instanceof ServerError) return error;
  if (error.name === 'OciError') return new ServerError('invalid', error.message);
  if (error.name === 'RegistryError')
    return new ServerError(error.code === 'TAG_IMMUTABLE' ? 'conflict' : 'invalid', error.message);
  if (error.validation) {
    const first = error.validation[0];
    return new ServerError(
      'invalid',
      `${error.validationContext ?? 'request'}${(first?.instancePath ?? '').replaceAll('/', '.')}: ${first?.message ?? 'is invalid'}`,
    );
  }
  if (error.statusCode === 413) return new ServerError('too-large', 'the body is too large');
  if (error.statusCode !== undefined && error.statusCode < 500) return new ServerError('invalid', error.message);
  // Class 22: a value that PostgreSQL cannot hold, for example text with a NUL.
  if (/^22[0-9A-Z]{3}$/.test(error.code ?? ''))
    return new ServerError('invalid', 'a value in the request cannot be stored or compared', { cause: error });
  if (isSilentDatabase(error)) return new ServerError('unavailable', 'the database does not answer', { cause: error });
  return new ServerError('internal', 'something went wrong here; the request id finds it in the log', { cause: error });
}
