/** `npm run soak [-- --minutes 10 --seed 7]`: random kills for a while, then the reckoning. */
import { parseArgs } from 'node:util';
import { runCampaign, TARGETS, type Target } from './campaign.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? process.env['SOAK_MINUTES'] ?? 10);
const seed = Number(values.seed ?? process.env['SOAK_SEED'] ?? Date.now() % 1_000_000);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write('--minutes is a number above 0, --seed a whole number\n');
  process.exit(2);
}
const say = (line: string) => process.stdout.write(`${line}\n`);
say(`seed ${seed}, ${minutes} minutes; the same again: npm run soak -- --minutes ${minutes} --seed ${seed}`);
const until = Date.now() + minutes * 60_000;
const report = await runCampaign({
  seed,
  say,
  // Every part once, in the order of the list, then at random.
  next: (kill, random): Target | null => (Date.now() > until ? null : (TARGETS[kill] ?? random.pick(TARGETS))),
});
say(
  `${report.kills} kills, ${report.pushed} images acknowledged, ${report.refused} requests refused meanwhile, ${report.seconds} s: ${report.broken.length === 0 ? 'every promise kept' : `${report.broken.length} promises broken`}`,
);
process.exitCode = report.broken.length === 0 ? 0 : 1;
