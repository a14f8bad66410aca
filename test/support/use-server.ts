/** One server for a test file: started before its first test, shown on failure, ended after its last. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { startServer, type TestServer } from './server.ts';

/** Registers the hooks. @returns the server, once the tests run */
export function useServer(options: { env?: NodeJS.ProcessEnv } = {}): () => TestServer {
  let server: TestServer | null = null;
  beforeAll(async () => {
    server = await startServer(options);
  });
  afterEach((context) => {
    if (context.task.result?.state === 'fail' && server)
      process.stderr.write(`--- the server's last lines\n${server.log().slice(-6000)}\n---\n`);
  });
  afterAll(() => server?.stop());
  return () => {
    if (!server) throw new Error('the server has not been started');
    return server;
  };
}
