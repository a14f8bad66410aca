/** What the voyage needs before the first image: a contract, and a chain that delivers under it. */
import { ChainVersion, Contract, chainFromTemplate } from '@pratique/contract';
import { z } from 'zod';
import type { ApiClient } from '../api-client.ts';

const DEMO_CHAIN = chainFromTemplate('repair-then-deliver', {
  name: 'demo',
  repositories: ['demo'],
  deliverTo: ['customer/demo'],
});

/** Changes nothing that is there already. */
export async function prepareDelivery(api: ApiClient): Promise<void> {
  const contracts = await api.get('/accounts/vendor/contracts', z.array(Contract));
  const standing = contracts.find((one) => one.from === 'vendor' && one.to === 'customer' && one.state !== 'ended');
  const contract =
    standing ??
    (await api.send(
      'POST',
      '/accounts/vendor/contracts',
      { to: 'customer', fromRepositories: ['demo'], toRepositories: ['demo'] },
      Contract,
    ));
  // The customer trusts nobody's word here: the image is judged anew on arrival.
  if (contract.state === 'offered')
    await api.send('POST', `/accounts/customer/contracts/${contract.id}/acceptance`, { trustVendor: false }, Contract);
  const chains = await api.get('/accounts/vendor/chains', z.array(ChainVersion));
  if (!chains.some((chain) => chain.name === DEMO_CHAIN.name))
    await api.send('PUT', '/accounts/vendor/chains/demo', { definition: DEMO_CHAIN }, ChainVersion);
}
