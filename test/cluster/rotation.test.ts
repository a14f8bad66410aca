/** The authority is replaced under a real cluster: nothing is refused meanwhile, and the agent may not do it. */
import { X509Certificate } from 'node:crypto';
import { dirname } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { AuditEntry, AuthorityCertificate, ClusterStatus } from '../../packages/contract/src/index.ts';
import { addPerson, eventually, must, settled } from '../support/chain.ts';
import { HARMLESS, pushImage } from '../support/image.ts';
import { type Outcome, runTool } from '../support/tools.ts';
import type { TestAgent } from './machine/agent.ts';
import { runnableImage } from './machine/images.ts';
import { kubernetesProgram } from './machine/versions.ts';
import { CLI, enrolAgent, type Stage, useCluster } from './use-cluster.ts';
import { pod } from './workloads.ts';

const NAMESPACE = 'shop';
const CLUSTER = '/api/v1/accounts/customer/clusters/production';

let agent: TestAgent | null = null;
let first: AuthorityCertificate;

const stage = useCluster(async ({ server, cluster }: Stage) => {
  await pushImage(server, 'customer/web', 'v1', await runnableImage([HARMLESS], 'web v1'));
  await settled(server, 'customer', 'web', 'v1');
  await cluster.addNamespace(NAMESPACE);
  ({ agent } = await enrolAgent({ server, cluster }));
  first = await authority();
  await trusted(true);
});
afterAll(() => agent?.stop());
afterEach((context) => {
  if (context.task.result?.state === 'fail' && agent)
    process.stderr.write(`--- agent\n${agent.log().slice(-4000)}\n---\n`);
});

const authority = async () => must(await stage().server.api('GET', '/api/v1/authority')) as AuthorityCertificate;
const clusterStatus = async () => must(await stage().server.api('GET', CLUSTER)) as ClusterStatus;
const trusted = (expected: boolean) =>
  eventually(`the cluster telling ${expected}`, async () =>
    (await clusterStatus()).authority.isTrusted === expected ? true : null,
  );
const rotate = (step: string) => stage().server.api('POST', '/api/v1/authority/rotation', { step });
const tryPod = () =>
  stage().cluster.kubectl(
    ['create', '--dry-run=server', '-f', '-'],
    JSON.stringify(pod(NAMESPACE, 'probe', `${stage().server.host}/customer/web:v1`)),
  );
const pratique = async (...args: string[]): Promise<Outcome> => {
  const { server, cluster } = stage();
  const env = { PRATIQUE_URL: server.url, PRATIQUE_TOKEN: server.token(), XDG_CONFIG_HOME: cluster.state };
  return runTool(process.execPath, [CLI, ...args], { env });
};
/** What `pratique cluster ca --patch NAME | sh` does. */
async function patchWebhooks(): Promise<void> {
  const commands = await pratique('cluster', 'ca', '--patch', 'customer/production');
  const env = {
    PATH: `${dirname(kubernetesProgram('kubectl'))}:${process.env['PATH'] ?? ''}`,
    KUBECONFIG: stage().cluster.kubeconfig,
  };
  const patched = await runTool('sh', ['-c', commands.stdout], { env });
  expect([patched.code, patched.stderr, patched.stdout.trim().split('\n')]).toEqual([
    0,
    '',
    [
      'mutatingwebhookconfiguration.admissionregistration.k8s.io/pratique-production patched',
      'validatingwebhookconfiguration.admissionregistration.k8s.io/pratique-production patched',
    ],
  ]);
}
/** Whether who trusts these authorities alone accepts what the listener serves. */
const accepts = (ca: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: stage().server.admissionPort, ca }, () => resolve(true));
    socket.once('secureConnect', () => socket.destroy()).once('error', () => resolve(false));
  });
const agentCertificate = async () =>
  new X509Certificate(
    Buffer.from(
      await stage().cluster.mustKubectl([
        ...['-n', 'pratique-system', 'get', 'secret', 'pratique-agent-identity'],
        ...['-o', 'jsonpath={.data.tls\\.crt}'],
      ]),
      'base64',
    ),
  );
const isBy = (certificate: X509Certificate, pem: string) => certificate.verify(new X509Certificate(pem).publicKey);

test('the agent may read the two webhook configurations, and change none', async () => {
  const may = async (verb: string, what: string) =>
    (
      await stage().cluster.kubectl([
        ...['auth', 'can-i', verb, what],
        '--as=system:serviceaccount:pratique-system:pratique-agent',
      ])
    ).stdout.trim();
  const own = 'validatingwebhookconfigurations/pratique-production';
  expect(await may('get', own)).toBe('yes');
  expect(await may('get', 'validatingwebhookconfigurations/another')).toBe('no');
  for (const verb of ['list', 'watch', 'patch', 'update', 'delete'])
    expect([verb, await may(verb, own)]).toEqual([verb, 'no']);
});

test('only who administers the installation may replace the authority', async () => {
  const owner = await addPerson(stage().server, 'harriet', { customer: 'owner' });
  const { server } = stage();
  const asked = await server.api('POST', '/api/v1/authority/rotation', { step: 'begin' }, owner);
  expect(asked.status).toBe(403);
  expect((await authority()).next).toBeNull();
  expect((await rotate('finish')).text).toContain('there is no next authority');
});

test('a rotation refuses nothing, and ends by itself once agent and webhooks trust the next authority', async () => {
  const over = new AbortController();
  const refusals: string[] = [];
  let asked = 0;
  const load = (async () => {
    for (; !over.signal.aborted; asked++) {
      const { code, stderr } = await tryPod();
      if (code !== 0) refusals.push(stderr);
    }
  })();
  const began = await pratique('cluster', 'ca', '--rotate');
  expect([began.code, began.stdout]).toEqual([
    0,
    expect.stringContaining('customer/production: agent or webhooks do not'),
  ]);
  expect(began.stdout).toContain('pratique cluster ca --patch customer/production | sh');
  const { next, certificate, fingerprint } = await authority();
  expect([certificate, fingerprint]).toEqual([first.certificate, first.fingerprint]);
  // The agent takes the bundle from an answer to its reports; the webhooks do not have it, so the old one goes on issuing.
  await eventually('the bundle at the agent', async () =>
    agent?.log().includes('checked by other authorities') ? true : null,
  );
  expect((await clusterStatus()).authority).toMatchObject({ fingerprint: first.fingerprint, isTrusted: false });
  expect((await pratique('cluster', 'status', 'production')).stdout).toContain('cluster ca --patch production | sh');
  const patchedAt = Date.now();
  await patchWebhooks();
  const second = await eventually('the other authority', async () => {
    const now = await authority();
    return now.fingerprint === next?.fingerprint ? now : null;
  });
  expect(second.previous?.fingerprint).toBe(first.fingerprint);
  await eventually('its certificate at the listener', async () => ((await accepts(second.certificate)) ? true : null));
  process.stdout.write(`webhooks patched -> the next authority serves: ${Date.now() - patchedAt} ms\n`);
  expect(await accepts(first.certificate)).toBe(false);
  await eventually('its certificate at the agent', async () =>
    isBy(await agentCertificate(), second.certificate) ? true : null,
  );
  // An API server that connects anew meets the new certificate.
  over.abort();
  await load;
  process.stdout.write(`pods reviewed during the rotation: ${asked}, refused: ${refusals.length}\n`);
  expect(refusals).toEqual([]);
  expect(asked).toBeGreaterThan(10);
  await stage().cluster.restartControlPlane();
  expect((await tryPod()).stderr).toBe('');
});

test('the authority before can be forgotten, and cluster and agent go on', async () => {
  const forgotten = await pratique('cluster', 'ca', '--forget');
  expect([forgotten.code, forgotten.stdout]).toEqual([0, expect.stringContaining('Every cluster is known to trust')]);
  const now = await authority();
  expect([now.previous, now.bundle.match(/BEGIN/g)?.length]).toEqual([null, 1]);
  const before = (await clusterStatus()).agent.reportedAt;
  await eventually('a further report', async () => ((await clusterStatus()).agent.reportedAt !== before ? true : null));
  await trusted(true);
  expect((await tryPod()).stderr).toBe('');
  expect((await rotate('forget')).text).toContain('no authority before this one counts');
});

test('finished by force, a cluster admits nothing until its webhooks are patched, and kubectl says why', async () => {
  const { server, cluster } = stage();
  // How often the agent has said so depends on which changes it met together.
  const said = () => agent?.log().split('checked by other authorities').length ?? 0;
  const before = said();
  expect((await rotate('begin')).status).toBe(200);
  await eventually('the bundle at the agent', async () => (said() > before ? true : null));
  const finished = await pratique('cluster', 'ca', '--finish');
  expect([finished.code, finished.stdout]).toEqual([0, expect.stringContaining('Not known to trust the newest one')]);
  const { certificate } = await authority();
  await eventually('its certificate at the listener', async () => ((await accepts(certificate)) ? true : null));
  await cluster.restartControlPlane();
  const refused = await tryPod();
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/pratique\.dev.*x509: certificate signed by unknown/s),
  ]);
  await patchWebhooks();
  await eventually('the webhooks', async () => ((await tryPod()).code === 0 ? true : null));
  await trusted(true);
  const audit = must(await server.api('GET', '/api/v1/audit?limit=100')) as AuditEntry[];
  expect(
    audit.filter((entry) => entry.action.startsWith('authority.')).map((entry) => [entry.actor, entry.action]),
  ).toEqual([
    ['admin', 'authority.finish'],
    ['admin', 'authority.begin'],
    ['admin', 'authority.forget'],
    ['pratique', 'authority.finish'],
    ['admin', 'authority.begin'],
  ]);
});
