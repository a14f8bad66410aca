import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { generateMasterKey } from '@pratique/sign';
import { afterEach, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { issueServerCertificate } from '../signer/authority.ts';
import { keepCertificate } from './serving-certificate.ts';

const { db } = await testDatabase();
const master = generateMasterKey();
let server: Server | null = null;
let stop = () => {};
afterEach(() => {
  stop();
  server?.close();
});

/** Serial and end of what the listener shows to a client that trusts the authority. */
function shown(ca: string): Promise<{ serial: string; end: number }> {
  const port = (server?.address() as AddressInfo | null)?.port ?? 0;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: '' }, () => {
      const { serialNumber, valid_to: end } = socket.getPeerCertificate();
      socket.end();
      resolve({ serial: serialNumber, end: Date.parse(end) });
    });
    socket.on('error', reject);
  });
}

test('a certificate of ten seconds is renewed before its end, also when renewing fails first, and clients see no gap', async () => {
  let issued = 0;
  const failures: unknown[] = [];
  const kept = await keepCertificate({
    issue: async () => {
      if (++issued === 2) throw new Error('the signer is away');
      return issueServerCertificate(db, master, ['127.0.0.1'], new Date(), 10_000);
    },
    apply: (fresh) => server?.setSecureContext({ cert: fresh.certificatePem, key: fresh.keyPem }),
    onError: (error) => failures.push(error),
  });
  stop = kept.stop;
  const { caPem } = kept.first;
  server = createServer({ cert: kept.first.certificatePem, key: kept.first.keyPem });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const first = await shown(caPem);
  const serials = new Set<string>([first.serial]);
  while (serials.size < 3) {
    const now = await shown(caPem); // rejects once the certificate has expired
    serials.add(now.serial);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(failures).toHaveLength(1);
  expect(kept.current().certificatePem).not.toBe(kept.first.certificatePem);
});
