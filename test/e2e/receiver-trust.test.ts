/** The receiver's trust policy at the gate: what a vendor delivers must be signed as the rule about the vendor's repository asks. */
import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { ImageStatus } from '../../packages/contract/src/index.ts';
import { eventually, makeContract, must, settled, status } from '../support/chain.ts';
import { bookworm, HARMLESS, makeImage, pushImage } from '../support/image.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer();
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ type: 'spki', format: 'pem' })
  .toString();

const setPolicy = (key: string) =>
  server().api('PUT', '/api/v1/accounts/customer/trust-policy', {
    policy: {
      version: 1,
      rules: [{ name: 'vendor', images: ['127.0.0.1:*/vendor/**'], authorities: { anyOf: [{ key }] } }],
    },
  });

async function deliver(tag: string): Promise<ImageStatus> {
  await pushImage(server(), 'vendor/web', tag, makeImage(bookworm([HARMLESS]), { note: tag }));
  await settled(server(), 'vendor', 'web', tag);
  const asked = { repository: 'web', reference: tag, to: `customer/web:${tag}` };
  must(await server().api('POST', '/api/v1/accounts/vendor/deliveries', asked));
  return settled(server(), 'customer', 'web', tag);
}

beforeAll(async () => {
  await makeContract(server());
});

test('the keys of an account that delivers nothing here cannot be named', async () => {
  const answer = await setPolicy('account:nobody');
  expect(answer.status).toBe(400);
  expect(answer.text).toMatch(/no keys of an account nobody here/);
});

test('a delivery signed by whom the rule names is allowed, and denied once the rule names another', async () => {
  must(await setPolicy('account:vendor'));
  expect((await deliver('v1')).verdict).toMatchObject({ decision: 'allow' });
  must(await setPolicy(stranger));
  const denied = await eventually('the verdict follows the policy', async () => {
    const now = await status(server(), 'customer', 'web', 'v1');
    return now.verdict?.decision === 'deny' ? now : null;
  });
  expect(denied.verdict?.reasons[0]).toMatchObject({ constraint: 'trust-policy' });
  expect(denied.verdict?.reasons[0]?.message).toMatch(
    /the delivery from vendor\/web does not meet the trust policy: the rule vendor asks for a signature/,
  );
});

test('a delivery signed by another than the rule names is denied', async () => {
  const { verdict } = await deliver('v2');
  expect(verdict).toMatchObject({ decision: 'deny' });
  expect((await status(server(), 'vendor', 'web', 'v2')).verdict).toMatchObject({ decision: 'allow' });
});
