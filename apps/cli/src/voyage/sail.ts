/** The first voyage: two real images out of the archive, one refused, one signed, delivered and admitted. */
import type { ComposeRequest } from '@pratique/compose';
import { ImageStatus } from '@pratique/contract';
import type { ApiClient } from '../api-client.ts';
import { composeWithProgress, storeComposed } from '../commands/compose.ts';
import { copyImage } from '../commands/copy.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { imagePath, isOnServer, readReference, readServerImage, type ServerImage } from '../reference.ts';
import { waitForImage } from '../wait-for-run.ts';
import { askAdmission } from './ask-admission.ts';
import { prepareDelivery } from './prepare-delivery.ts';
import { tell } from './tell.ts';

const SUITE = 'bookworm';
/** A small program of the archive that does something visible, and needs packages that security has mended since. */
const PROGRAM: Pick<ComposeRequest, 'include' | 'user' | 'entrypoint' | 'cmd'> = {
  include: ['openssl', 'ca-certificates'],
  user: 'nobody',
  entrypoint: ['openssl'],
  cmd: ['version', '-a'],
};

/** @returns the status of each image at the end; already made images are not made again */
export async function sailComposed(context: Context, api: ApiClient): Promise<ImageStatus[]> {
  await prepareDelivery(api);
  const say = tell(context);
  const blocked = await bring(
    context,
    api,
    'vendor/demo:main-only',
    { suite: SUITE, security: false, ...PROGRAM },
    'from the release alone, without its security updates',
  );
  say.verdict(blocked);
  const repaired = await followRepair(context, api, blocked);
  const patched = await bring(
    context,
    api,
    'vendor/demo:patched',
    { suite: SUITE, security: true, updates: true, ...PROGRAM },
    'with the security updates of today',
  );
  say.verdict(patched);
  if (blocked.verdict?.decision === 'allow') say.nothingBehind(blocked);
  const [delivered] = patched.deliveries.filter((receipt) => receipt.side === 'sent');
  if (delivered)
    await waitForImage(api, readServerImage(`${delivered.counterparty}:${delivered.tag}`, api.url), context.progress);
  const mended = repaired ? [`customer/demo:${repaired.reference}`] : [];
  await askAdmission(context, api, [
    'customer/demo:patched',
    ...mended,
    'vendor/demo:main-only',
    'customer/demo:main-only',
  ]);
  const received: ImageStatus[] = [];
  for (const name of ['customer/demo:patched', ...mended]) {
    const found = await api.find(imagePath(readServerImage(name, api.url)), ImageStatus);
    if (found) received.push(found);
  }
  return [blocked, ...(repaired ? [repaired] : []), patched, ...received];
}

/** The image that the chain has mended the denied one to, once its own run and its delivery are over; null where there is none. */
async function followRepair(context: Context, api: ApiClient, denied: ImageStatus): Promise<ImageStatus | null> {
  const repair = denied.repairs.find((one) => one.digest === denied.digest && one.repairedTag !== null);
  if (!repair) return null;
  const say = tell(context);
  say.step(`vendor/demo:main-only was repaired without a hand: ${repair.upgraded} packages in one layer`);
  const name = `${denied.account}/${denied.repository}:${repair.repairedTag}`;
  const mended = await waitForVerdict(context, api, readServerImage(name, api.url));
  say.verdict(mended);
  const [sent] = mended.deliveries.filter((receipt) => receipt.side === 'sent');
  if (sent) await waitForImage(api, readServerImage(`${sent.counterparty}:${sent.tag}`, api.url), context.progress);
  return mended;
}

/** The same with an image of the user's, up to the verdict. */
export async function sailOwnImage(context: Context, api: ApiClient, text: string): Promise<ImageStatus> {
  const say = tell(context);
  let name = text;
  if (/^(oci|docker-archive):/.test(text) || !isOnServer(readReference(text), api.url)) {
    // The default cluster belongs to customer and runs what customer may pull.
    name = `customer/${nameOf(text)}`;
    say.step(`copying ${text} to ${name}`);
    await copyImage(context, text, name, true);
  }
  const image = readServerImage(name, api.url);
  const status = await waitForVerdict(context, api, image);
  say.verdict(status);
  await askAdmission(context, api, [name]);
  return status;
}

async function bring(
  context: Context,
  api: ApiClient,
  name: string,
  request: ComposeRequest,
  how: string,
): Promise<ImageStatus> {
  const image = readServerImage(name, api.url);
  const say = tell(context);
  const known = await api.find(imagePath(image), ImageStatus);
  if (known?.verdict?.state === 'valid') {
    say.step(`${name} is there since ${known.pushedAt.slice(0, 10)}`);
    return known;
  }
  if (!known) {
    say.step(`composing ${name} out of Debian ${request.suite} ${how}`);
    const composed = await composeWithProgress(context, request);
    try {
      const { digest } = await storeComposed(context, composed, name);
      say.detail(
        `${composed.packages.length} packages, every file verified by the archive's signature; pushed as ${digest}`,
      );
    } finally {
      await composed.close();
    }
  }
  return waitForVerdict(context, api, image);
}

async function waitForVerdict(context: Context, api: ApiClient, image: ServerImage): Promise<ImageStatus> {
  const status = await waitForImage(api, image, context.progress);
  if (status.chain.state === 'failed') {
    const step = status.chain.run?.steps.find((one) => one.state === 'failed');
    throw new CliError(
      EXIT.fault,
      `the chain of ${image.account}/${image.repository} failed at ${step?.name ?? '?'}: ${step?.error ?? 'no reason was recorded'}`,
    );
  }
  return status;
}

/** A repository and tag out of whatever the user named. */
function nameOf(text: string): string {
  const last =
    text
      .replace(/^(oci|docker-archive):/, '')
      .replace(/@sha256:.*$/, '')
      .split('/')
      .at(-1) ?? 'image';
  const [name = 'image', tag = 'latest'] = last.toLowerCase().split(':');
  const clean = name
    .replace(/\.(tar|tgz|gz)$/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${clean || 'image'}:${tag.replace(/[^a-z0-9._-]+/g, '-') || 'latest'}`;
}
