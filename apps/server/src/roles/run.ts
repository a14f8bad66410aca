/** Runs one role in this process, under the supervisor that forked it. */
import { ROLES, type RoleName } from '../config.ts';
import { ServerError } from '../error.ts';
import { joinSupervisor, type RoleContext } from '../supervisor/report.ts';
import { openRole, type RoleDeps } from './open.ts';

type RunRole = (deps: RoleDeps, context: RoleContext) => Promise<void>;

// Imported when needed: a process loads only the code of its own role.
const IMPLEMENTATION: Record<RoleName, () => Promise<RunRole>> = {
  api: async () => (await import('./api.ts')).runApi,
  worker: async () => (await import('./worker.ts')).runWorker,
  signer: async () => (await import('./signer.ts')).runSigner,
  admission: async () => (await import('./admission.ts')).runAdmission,
};

/** @throws ServerError `config-invalid` for a role that does not exist */
export async function runRole(name: string): Promise<void> {
  const role = ROLES.find((known) => known === name);
  if (!role) throw new ServerError('config-invalid', `there is no role ${name}; the roles are ${ROLES.join(', ')}`);
  const context = joinSupervisor();
  try {
    await (await IMPLEMENTATION[role]())(openRole(role), context);
  } catch (error) {
    // The sentence is for whoever starts the program: the supervisor says it, once.
    if (error instanceof ServerError && error.code === 'config-invalid') context.fatal(error.code, error.message);
    else process.stderr.write(`${role}: ${(error as Error).stack ?? String(error)}\n`);
    // Leaves room for the message above to reach the supervisor.
    setTimeout(() => process.exit(1), 50);
  }
}
