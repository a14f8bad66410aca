/** The server program: the supervisor of all roles, or one role of it. */
import { runRole } from './roles/run.ts';
import { runSupervisor } from './supervisor/supervisor.ts';

const flag = process.argv.indexOf('--role');
const role = flag < 0 ? undefined : process.argv[flag + 1];
if (role !== undefined) await runRole(role);
else {
  process.exitCode = await runSupervisor(process.argv.slice(2));
  // The supervisor listens for the end of the channel to its starter; open, it would keep this process alive.
  if (process.connected) process.disconnect();
}
