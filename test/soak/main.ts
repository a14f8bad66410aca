/**
 * `npm run soak [-- kills|fuzz|parsers --minutes 20 --seed 7]`: random kills for a while and then the reckoning; spoiled
 * requests and manifests; or spoiled files for each parser of images, `--only rpm` for some of them.
 */
import { parseArgs } from 'node:util';
import { runCampaign, TARGETS, type Target } from './campaign.ts';
import { fuzzHttp } from './fuzz-http.ts';
import { fuzzManifests } from './fuzz-manifest.ts';
import { fuzzParsers } from './fuzz-parsers.ts';
import { seeded } from './random.ts';

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const part = positionals[0] ?? 'kills';
const MINUTES: Readonly<Record<string, number>> = { kills: 20, fuzz: 10, parsers: 2 };
const minutes = Number(values.minutes ?? process.env['SOAK_MINUTES'] ?? MINUTES[part]);
const seed = Number(values.seed ?? process.env['SOAK_SEED'] ?? Date.now() % 1_000_000);
if (MINUTES[part] === undefined || positionals.length > 1 || !(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write(
    'there are kills, fuzz and parsers; --minutes is a number above 0 (of each parser), --seed a whole number\n',
  );
  process.exit(2);
}
const say = (line: string) => process.stdout.write(`${line}\n`);
say(
  `${part}, seed ${seed}, ${minutes} minutes; the same again: npm run soak -- ${part} --minutes ${minutes} --seed ${seed}`,
);
const WORK: Readonly<Record<string, () => Promise<string[]>>> = {
  kills: kill,
  fuzz,
  parsers: () => fuzzParsers(seed, minutes, values.only ?? [], say),
};
const broken = (await WORK[part]?.()) ?? [];
for (const line of broken) say(line);
process.exitCode = broken.length === 0 ? 0 : 1;

async function kill(): Promise<string[]> {
  const until = Date.now() + minutes * 60_000;
  const report = await runCampaign({
    seed,
    say,
    // Every part once, in the order of the list, then at random.
    next: (kills, random): Target | null => (Date.now() > until ? null : (TARGETS[kills] ?? random.pick(TARGETS))),
  });
  say(
    `${report.kills} kills, ${report.pushed} images acknowledged, ${report.refused} requests refused meanwhile, ${report.seconds} s: ${report.broken.length === 0 ? 'every promise kept' : `${report.broken.length} promises broken`}`,
  );
  // The campaign has said what is broken; it counts all the same.
  return report.broken.map((line) => `broken: ${line.slice(0, 200)}`);
}

async function fuzz(): Promise<string[]> {
  const random = seeded(seed);
  const manifestsUntil = Date.now() + minutes * 20_000;
  const manifests = fuzzManifests(random, () => Date.now() > manifestsUntil);
  say(
    `${manifests.tried} spoiled manifests, ${manifests.accepted} of them still true: ${manifests.broken.length} faults`,
  );
  const httpUntil = Date.now() + minutes * 40_000;
  const http = await fuzzHttp(random, () => Date.now() > httpUntil, say);
  say(`${http.requests} spoiled requests, answered ${JSON.stringify(http.answers)}: ${http.broken.length} faults`);
  return [...manifests.broken, ...http.broken];
}
