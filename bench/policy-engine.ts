/** Admission reviews by the preset pod policies, from Node through the socket and back: latency at a rate, and saturation. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AdmissionRequest, evaluateAdmission, presetBundle, readPresets, spawnEngine } from '@pratique/policy';
import { buildPolicyEngine } from '../apps/policy-engine/build.mjs';

const RATE = 300;
const SECONDS = 10;
const BURST = 4000;

const container = (name: string) => ({
  name,
  image: `registry.example.com/acme/${name}@sha256:${'ab'.repeat(32)}`,
  env: Array.from({ length: 20 }, (_, i) => ({ name: `VARIABLE_${i}`, value: `value-${i}` })),
  resources: { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
  ports: [{ containerPort: 8080, protocol: 'TCP' }],
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true },
  volumeMounts: [{ name: 'cache', mountPath: '/cache' }],
});
const request = AdmissionRequest.parse({
  uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
  operation: 'CREATE',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  namespace: 'shop',
  name: 'web',
  userInfo: { username: 'system:serviceaccount:shop:deployer' },
  object: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: {
      containers: [container('web'), container('proxy')],
      volumes: [{ name: 'cache', emptyDir: {} }],
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    },
  },
});

export async function benchPolicyEngine(): Promise<string> {
  const binary = await buildPolicyEngine({
    cacheDir: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pratique'),
  });
  const presets = (await readPresets(fileURLToPath(new URL('../policies', import.meta.url)))).filter(({ name }) =>
    name.startsWith('pod-'),
  );
  const bundle = presetBundle(presets);
  const engine = spawnEngine({ binary });

  /** Milliseconds of one review; throws when it is not answered as it should be. */
  async function review(): Promise<number> {
    const start = performance.now();
    const violations = await evaluateAdmission(engine, bundle, request);
    if (violations.length > 0) throw new Error(`unexpected: ${violations[0]?.msg}`);
    return performance.now() - start;
  }

  for (let i = 0; i < 200; i += 1) await review();

  const running: Promise<number>[] = [];
  const begin = performance.now();
  for (let i = 0; i < RATE * SECONDS; i += 1) {
    const due = begin + (i * 1000) / RATE;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    running.push(review());
  }
  const latencies = (await Promise.all(running)).sort((a, b) => a - b);

  const burstBegin = performance.now();
  let left = BURST;
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (left-- > 0) await review();
    }),
  );
  const saturation = BURST / ((performance.now() - burstBegin) / 1000);
  const { heapBytes } = await engine.status();
  await engine.close();

  return [
    '| constraints | review bytes | rate a second | p50 ms | p99 ms | saturation a second | engine heap MiB |',
    '|---|---|---|---|---|---|---|',
    `| ${bundle.constraints.length} | ${JSON.stringify(request).length} | ${RATE} | ${quantile(latencies, 0.5)} | ${quantile(latencies, 0.99)} | ${Math.round(saturation)} | ${Math.round(heapBytes / 1048576)} |`,
  ].join('\n');
}

function quantile(sorted: readonly number[], q: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN).toFixed(2);
}
