/** Admission at 200 reviews a second, every one different: alone, beside scans and registry traffic, and while 100,000 verdicts are renewed. */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { NewClusterAnswer } from '@pratique/contract';
import { container } from '../test/support/admission.ts';
import { must, settled } from '../test/support/chain.ts';
import { bookworm, HARMLESS, makeImage, pushImage } from '../test/support/image.ts';
import { authorization, startServer, type TestServer } from '../test/support/server.ts';
import { wrk } from './support/wrk.ts';

const RATE = 200;
const SECONDS = 20;
const IMAGES = 16;
const RENEWALS = 100_000;
/** Constraints besides the presets, so that fifteen look at each pod. */
const CONSTRAINTS = 15;

type Asked = {
  url: string;
  agent: Agent;
  host: string;
  digests: string[] /** Answers that did not admit. */;
  refused: string[];
};
type Measured = { what: string; p50: number; p99: number; worst: number; refused: number; note: string };

export async function benchAdmission(): Promise<string> {
  const server = await startServer();
  try {
    const constraints = await fillUpConstraints(server);
    const digests = await pushImages(server);
    const cluster = must(
      await server.api('POST', '/api/v1/accounts/vendor/clusters', { name: 'bench' }),
    ) as NewClusterAnswer;
    const ca = Buffer.from(cluster.caBundle, 'base64').toString();
    const asked = {
      url: cluster.validateUrl,
      agent: new Agent({ keepAlive: true, maxSockets: 32, ca }),
      host: server.host,
      digests,
      refused: [],
    };
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await measure('warming up', asked, 5);
    const rows = [await measure('alone', asked, SECONDS)];
    rows.push(await besideLoad(server, asked));
    rows.push(await besideRenewals(server, asked));
    asked.agent.destroy();
    return table(constraints, rows);
  } finally {
    await server.stop();
  }
}

/** The preset policies for pods, and as many more as make fifteen. */
async function fillUpConstraints(server: TestServer): Promise<number> {
  const read = async () =>
    (
      must(await server.api('GET', '/api/v1/accounts/vendor/policy')) as { constraints: { target: string }[] }
    ).constraints.filter((one) => one.target.startsWith('admission')).length;
  const missing = CONSTRAINTS - (await read());
  const yaml = Array.from(
    { length: missing },
    (_, n) =>
      `apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: PodHostPorts\nmetadata:\n  name: bench-${n}\nspec:\n  enforcementAction: deny\n`,
  ).join('---\n');
  if (missing > 0) must(await server.api('PUT', '/api/v1/accounts/vendor/policy', { yaml }));
  return read();
}

async function pushImages(server: TestServer): Promise<string[]> {
  const digests: string[] = [];
  for (let n = 0; n < IMAGES; n++) {
    const image = makeImage(bookworm([HARMLESS]), { note: `image ${n}` });
    await pushImage(server, 'vendor/bench', `v${n}`, image);
    digests.push(image.digest);
  }
  for (let n = 0; n < IMAGES; n++) {
    const { verdict } = await settled(server, 'vendor', 'bench', `v${n}`);
    if (verdict?.decision !== 'allow') throw new Error(`image ${n} was not allowed`);
  }
  return digests;
}

/** Sends at fixed times whatever the answers take, so that a slow answer is not left out of the count. */
async function measure(what: string, asked: Asked, seconds: number, note = ''): Promise<Measured> {
  const running: Promise<number>[] = [];
  const begin = performance.now();
  for (let n = 0; n < RATE * seconds; n++) {
    const due = begin + (n * 1000) / RATE;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    running.push(ask(asked, n, due));
  }
  const took = (await Promise.all(running)).sort((a, b) => a - b);
  const at = (part: number) => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? Number.NaN;
  const refused = asked.refused.splice(0);
  if (refused[0]) process.stderr.write(`${what}: ${refused.length} refused, for example ${refused[0]}\n`);
  return { what, p50: at(0.5), p99: at(0.99), worst: at(1), refused: refused.length, note };
}

/** @returns milliseconds since it was due; a timer that fired late counts against us */
function ask(asked: Asked, n: number, due: number): Promise<number> {
  const body = Buffer.from(
    JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: {
        uid: randomUUID(),
        operation: 'CREATE',
        namespace: `shop-${n % 50}`,
        kind: { group: '', version: 'v1', kind: 'Pod' },
        resource: { group: '', version: 'v1', resource: 'pods' },
        userInfo: { username: 'system:serviceaccount:kube-system:replicaset-controller' },
        object: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { generateName: `web-${n}-`, labels: { app: `web-${n}`, revision: randomUUID() } },
          spec: {
            containers: [
              {
                ...container(`${asked.host}/vendor/bench@${asked.digests[n % asked.digests.length] ?? ''}`),
                env: Array.from({ length: 20 }, (_, i) => ({ name: `VARIABLE_${i}`, value: `value-${n}-${i}` })),
                resources: { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
              },
            ],
            volumes: [{ name: 'cache', emptyDir: {} }],
          },
        },
      },
    }),
  );
  return new Promise((resolve, reject) => {
    const sent = request(
      asked.url,
      {
        method: 'POST',
        agent: asked.agent,
        headers: { 'content-type': 'application/json', 'content-length': body.length },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (!text.includes('"allowed":true')) asked.refused.push(text.slice(0, 500));
          resolve(performance.now() - due);
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Images come in and are scanned, and sixteen connections read manifests, as fast as a registry's clients do. */
async function besideLoad(server: TestServer, asked: Asked): Promise<Measured> {
  let over = false;
  let pushed = 0;
  const scans = (async () => {
    for (; !over; pushed++) {
      const packages = [HARMLESS, { name: `noise-${pushed}`, version: '1.0' }];
      await pushImage(
        server,
        `vendor/scanned-${pushed % 8}`,
        'v1',
        makeImage(bookworm(packages), { note: `${pushed}` }),
      );
      await settled(server, 'vendor', `scanned-${pushed % 8}`, 'v1');
    }
  })();
  const load = wrk(`${server.url}/v2/vendor/bench/manifests/v0`, {
    connections: 16,
    threads: 1,
    seconds: SECONDS,
    headers: { ...authorization(server.token()), accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  const measured = await measure('beside scans and 16 registry connections', asked, SECONDS);
  over = true;
  const { perSecond } = await load;
  await scans;
  return { ...measured, note: `${Math.round(perSecond)} manifests a second read, ${pushed} images pushed and scanned` };
}

/** A hundred thousand images, all due: their packages are stored, their verdicts are judged by the policies again. */
async function besideRenewals(server: TestServer, asked: Asked): Promise<Measured> {
  const database = await server.database();
  const left = async () =>
    Number(
      (
        (await database.query(`select count(*) as n from verdict where renew_at <= now()`)) as {
          rows: { n: string }[];
        }
      ).rows[0]?.n ?? 0,
    );
  await database.query(
    `with model as (
       select r.repository_id, r.account_id, m.digest, m.media_type, m.artifact_type, m.config_digest, m.config_media_type, m.size, m.bytes, v.inputs, v.input_hash, v.run_id, i.distribution, i.revision, i.inventory_id, s.snapshot, s.uncovered
       from verdict v join repository r using (repository_id) join manifest m on m.digest = v.digest join inventory i on i.manifest_digest = m.digest join scan s using (inventory_id) where r.name = 'bench' limit 1),
     made as (
       insert into manifest (digest, media_type, artifact_type, config_digest, config_media_type, runnable, size, bytes)
       select 'sha256:' || encode(sha256(n::text::bytea), 'hex'), media_type, artifact_type, config_digest, config_media_type, true, size, bytes from model, generate_series(1, $1::int) n returning digest),
     held as (insert into repository_manifest (repository_id, account_id, digest, pushed_by) select repository_id, account_id, made.digest, 'bench' from made, model),
     listed as (insert into inventory (manifest_digest, revision, distribution, missing, package_count, file_count) select made.digest, revision, distribution, '[]', 1, 0 from made, model returning inventory_id),
     filled as (insert into inventory_package (inventory_id, ordinal, package_id, licenses, paths) select listed.inventory_id, 0, p.package_id, p.licenses, p.paths from listed, model join inventory_package p using (inventory_id) where p.ordinal = 0),
     scanned as (insert into scan (inventory_id, snapshot, uncovered) select listed.inventory_id, snapshot, uncovered from listed, model)
     insert into verdict (account_id, repository_id, digest, decision, state, reasons, inputs, input_hash, run_id, decided_at, valid_until, renew_at)
     select account_id, repository_id, made.digest, 'allow', 'valid', '[]', inputs, input_hash, run_id, now(), now() + interval '15 days', now() from made, model`,
    [RENEWALS],
  );
  await database.query('analyze');
  const before = await left();
  const began = performance.now();
  const measured = await measure('while 100,000 verdicts are renewed', asked, SECONDS);
  const done = before - (await left());
  const perSecond = done / ((performance.now() - began) / 1000);
  if (done <= 0) throw new Error('no verdict was renewed meanwhile');
  return { ...measured, note: `${Math.round(perSecond)} verdicts a second renewed` };
}

function table(constraints: number, rows: Measured[]): string {
  const ms = (value: number) => value.toFixed(1);
  return [
    `${RATE} reviews a second for ${SECONDS} s, ${constraints} constraints and a verdict each, every review recorded before it is answered`,
    '',
    '| | p50 ms | p99 ms | worst ms | refused | meanwhile |',
    '|---|---|---|---|---|---|',
    ...rows.map(
      (row) => `| ${row.what} | ${ms(row.p50)} | ${ms(row.p99)} | ${ms(row.worst)} | ${row.refused} | ${row.note} |`,
    ),
  ].join('\n');
}
