/** Runs the benchmarks: `npm run bench [-- NAME ...]`; the output is summed up in RESULTS.md. */
import { cpus } from 'node:os';

const BENCHES: Record<string, () => Promise<string>> = {
  registry: async () => (await import('./registry.ts')).benchRegistry(),
  sbom: async () => (await import('./sbom.ts')).benchSbom(),
  contents: async () => (await import('./contents.ts')).benchContents(),
  advisories: async () => (await import('./advisories.ts')).benchAdvisories(),
  findings: async () => (await import('./findings.ts')).benchFindings(),
  coverage: async () => (await import('./coverage.ts')).benchCoverage(),
  rematch: async () => (await import('./rematch.ts')).benchRematch(),
  repair: async () => (await import('./repair.ts')).benchRepair(),
  malware: async () => (await import('./malware.ts')).benchMalware(),
  admission: async () => (await import('./admission.ts')).benchAdmission(),
  'policy-engine': async () => (await import('./policy-engine.ts')).benchPolicyEngine(),
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !(name in BENCHES));
if (unknown !== undefined) {
  process.stderr.write(`there is no benchmark ${unknown}; there are ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}
process.stdout.write(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}\n`);
for (const [name, run] of Object.entries(BENCHES)) {
  if (names.length > 0 && !names.includes(name)) continue;
  process.stdout.write(`\n## ${name}\n`);
  process.stdout.write(`${await run()}\n`);
}
