/** Opens the pool and gives transactions one of the two database roles. */
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';

/** Queries are written as SQL, one statement to a function; the types stand at the function. */
export type Db = Kysely<unknown>;
export type Tx = Transaction<unknown>;

// int8 comes as text by default; ours stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/**
 * Opens a pool on `url`.
 * @param options `max`: connections at most; `patienceMs`: how long a query may go unanswered, after which its connection
 * is given up: a database that stopped must not hold those who ask it
 */
export function connect(
  url: string,
  options: { max?: number; name: string; patienceMs?: number },
): { db: Db; pool: pg.Pool } {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    application_name: options.name,
    connectionTimeoutMillis: Math.min(10_000, options.patienceMs ?? 10_000),
    statement_timeout: 60_000,
    ...(options.patienceMs === undefined ? {} : { query_timeout: options.patienceMs }),
    idle_in_transaction_session_timeout: 60_000,
  });
  // An idle connection that breaks is replaced at its next use; without a listener the process would end.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    client.on('error', () => {});
    if (options.patienceMs !== undefined) giveUpOnSilence(client);
  });
  return { db: new Kysely({ dialect: new PostgresDialect({ pool }) }), pool };
}

/** A connection with an unanswered query is of no use to the next caller, nor is its rollback: it is closed at once. */
function giveUpOnSilence(client: pg.PoolClient): void {
  const ask = client.query.bind(client) as (...args: unknown[]) => unknown;
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  const impatient = (...args: unknown[]): unknown => {
    const answer = ask(...args);
    if (answer instanceof Promise)
      answer.catch((error: unknown) => {
        if (TIMED_OUT.test((error as Error).message)) connection.stream.destroy();
      });
    return answer;
  };
  Object.assign(client, { query: impatient });
}

const TIMED_OUT = /^(Query read timeout|timeout exceeded when trying to connect|Connection terminated)/;

/** True when the database did not answer, as opposed to answering with a refusal. */
export function isSilentDatabase(error: unknown): boolean {
  const {
    code = '',
    message = '',
    syscall = '',
  } = (error ?? {}) as { code?: string; message?: string; syscall?: string };
  // A socket file that is not there is a database that does not run.
  return SILENT.has(code) || (code === 'ENOENT' && syscall === 'connect') || TIMED_OUT.test(message);
}

// Shutting down, starting up, cancelled by a timeout, too many connections; and what sockets say.
const SILENT = new Set(['57P01', '57P02', '57P03', '57014', '53300', 'ECONNREFUSED', 'ECONNRESET']);

/** Runs `work` in one transaction that sees only rows of the given accounts, whatever its queries ask for. */
export async function asTenant<T>(db: Db, accounts: readonly string[], work: (tx: Tx) => Promise<T>): Promise<T> {
  const foreign = accounts.find((id) => !UUID.test(id));
  if (foreign !== undefined) throw new Error(`${JSON.stringify(foreign.slice(0, 50))} is no account id`);
  const list = `{${accounts.join(',')}}`;
  return inTransaction(
    db,
    `select set_config('role', 'pratique_tenant', true), set_config('pratique.accounts', '${list}', true)`,
    work,
  );
}

/** Runs `work` in one transaction that sees all accounts: the platform's own work, never a caller's query as it came. */
export async function asSystem<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return inTransaction(db, "select set_config('role', 'pratique_system', true)", work);
}

const DEADLOCK = '40P01';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The role is taken in the same message that begins the transaction: one round trip less for each. */
async function inTransaction<T>(db: Db, takeRole: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await tryTransaction(db, takeRole, work);
    } catch (error) {
      // Of two transactions that wait for each other PostgreSQL ends one, whole: it may simply be done again.
      if ((error as { code?: string }).code !== DEADLOCK || attempt >= 5) throw error;
    }
}

async function tryTransaction<T>(db: Db, takeRole: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    await sql.raw(`begin; ${takeRole}`).execute(connection);
    try {
      const result = await work(connection as unknown as Tx);
      await sql.raw('commit').execute(connection);
      return result;
    } catch (error) {
      // On a connection that broke there is nothing to roll back; the first error is the one that says why.
      await sql
        .raw('rollback')
        .execute(connection)
        .catch(() => {});
      throw error;
    }
  });
}
