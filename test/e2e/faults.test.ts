/** A short campaign of kills; `npm run soak` is the long one. */
import { expect, test } from 'vitest';
import { runCampaign, type Target } from '../soak/campaign.ts';

test('killed in the middle of chains, the server keeps what it acknowledged and does everything once', {
  timeout: 400_000,
}, async () => {
  const targets: Target[] = ['worker', 'repairer', 'tree', 'policy-engine', 'scanner', 'signer'];
  const lines: string[] = [];
  const report = await runCampaign({
    seed: 20_261_122,
    next: (kill) => targets[kill] ?? null,
    say: (line) => lines.push(line),
    patience: 120,
  });
  expect(report.broken, lines.join('\n')).toEqual([]);
  expect(report.kills).toBe(targets.length);
  expect(report.pushed).toBeGreaterThan(2);
});
