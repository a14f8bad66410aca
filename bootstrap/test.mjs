/** `npm test`: installs what is missing, checks, runs the tests, ends with the count. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildConsole } from './build-console.mjs';
import { buildEngine } from './build-engine.mjs';
import { bundleCli } from './bundle-cli.mjs';
import { check } from './check.mjs';
import { installDebianPackages } from './install-debian-packages.mjs';
import { installPackages } from './install-packages.mjs';
import { NODE, ROOT, toolEnvironment } from './paths.mjs';

/** What the tests use of the machine; each test that lacks its tool is counted as skipped and says why. */
const TOOLS = {
  runc: 'runc',
  skopeo: 'skopeo',
  podman: 'podman',
  chromium: 'chromium',
  'docker-registry': 'docker-registry',
};

await installPackages();
const engine = await buildEngine();
await buildConsole();
await bundleCli();
await installDebianPackages(TOOLS);
const checks = await check();

const folder = mkdtempSync(join(tmpdir(), 'pratique-report-'));
const report = join(folder, 'report.json');
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const child = spawn(
  NODE,
  [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)],
  {
    cwd: ROOT,
    env: { ...toolEnvironment(), PRATIQUE_POLICY_ENGINE: engine },
    stdio: 'inherit',
  },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
const code = await new Promise((resolve) => child.on('exit', resolve));

const counted = readReport();
rmSync(folder, { recursive: true, force: true });
for (const { name, reason } of counted.skips) process.stdout.write(`skipped: ${name}: ${reason}\n`);
const passed = checks.passed + counted.passed;
// A run that ended badly without a failed test (a crash, a file that does not load) is a failure all the same.
const failed = checks.failed + (counted.failed === 0 && code !== 0 ? 1 : counted.failed);
process.stdout.write(
  `${passed} passed, ${failed} failed${counted.skips.length > 0 ? `, ${counted.skips.length} skipped` : ''}\n`,
);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function readReport() {
  const result = { passed: 0, failed: 0, skips: /** @type {{ name: string, reason: string }[]} */ ([]) };
  let files;
  try {
    files = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    return { ...result, failed: 1 };
  }
  for (const file of files) {
    if (file.status === 'failed' && file.assertionResults.length === 0) result.failed++;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') result.passed++;
      else if (test.status === 'failed') result.failed++;
      else result.skips.push({ name: test.fullName, reason: reasonOf(test) });
    }
  }
  return result;
}

/** @param {{ meta?: { skipReason?: string }, failureMessages?: string[] }} test */
function reasonOf(test) {
  return test.meta?.skipReason ?? test.failureMessages?.[0] ?? 'the reason stands in the output above';
}
