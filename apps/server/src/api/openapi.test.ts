import { pino } from 'pino';
import { Registry as Metrics } from 'prom-client';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { createAuthenticator } from '../auth/authenticator.ts';
import { readConfig } from '../config.ts';
import { createApp } from './app.ts';
import { SUMMARIES } from './describe-route.ts';
import { addRoutes, type RouteDeps } from './routes.ts';

type Operation = {
  summary?: string;
  description?: string;
  tags?: string[];
  security?: unknown[];
  parameters?: { name: string; in: string }[];
  responses: Record<string, { description?: string; content?: Record<string, { schema: object }> }>;
};

const { db } = await testDatabase();
const config = readConfig({}, '/nowhere');
const log = pino({ level: 'silent' });
const authenticator = createAuthenticator(db, () => true);
const app = await createApp({ config, log, registry: () => {}, authenticator, requestId: () => 'request-1' });
await addRoutes(app, {
  config,
  db,
  log,
  authenticator,
  metrics: new Metrics(),
  siblings: () => [],
} as unknown as RouteDeps);
const document = (await app.inject({ method: 'GET', url: '/api/openapi.json' })).json() as {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })),
);

test('the document is OpenAPI 3.1 and names every operation once', () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  expect(document.info).toMatchObject({ title: 'Pratique' });
  const named = Object.keys(SUMMARIES).map((name) => name.replaceAll(/:(\w+)/g, '{$1}'));
  expect(operations.map(({ name }) => name).sort()).toEqual(named.sort());
});

test.each(operations)('$name says what it does, who may, and how it fails', ({ path, operation }) => {
  expect(operation.summary).toMatch(/^[A-Z].{5,}/);
  expect(operation.description).toMatch(/\.$/);
  expect(operation.tags).toHaveLength(1);
  expect(operation.responses['default']?.content?.['application/json']?.schema).toMatchObject({ required: ['error'] });
  for (const response of Object.values(operation.responses)) expect(response.description).toBeTypeOf('string');
  const declared = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name);
  expect(declared.sort()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort());
});

test('only signing in needs no credentials', () => {
  const open = operations.filter(({ operation }) => operation.security?.length === 0);
  expect(open.map(({ name }) => name)).toEqual(['POST /api/v1/login']);
});
