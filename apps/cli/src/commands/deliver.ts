/** pratique deliver: to another account, under a contract, with proof. */
import { Delivery, ImageStatus } from '@pratique/contract';
import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { imagePath, readServerImage, type ServerImage } from '../reference.ts';

const TRIES = 1200;

export function addDeliver(program: Command, context: Context): void {
  program
    .command('deliver')
    .argument('<image>', 'ACCOUNT/NAME[:tag|@digest] that a valid verdict allows')
    .requiredOption('--to <target>', 'ACCOUNT/NAME[:tag]')
    .option('--no-wait', 'ask for it only')
    .option('--json', 'print JSON')
    .description('deliver an image with its signatures and attestations to another account')
    .addHelpText(
      'after',
      '\nExample:\n  pratique deliver vendor/demo:patched --to customer/demo\n\nA contract between the accounts must cover it: pratique contract offer|accept\n',
    )
    .action(async (text: string, options: { to: string; wait: boolean; json?: boolean }) => {
      const { api } = await openServer(context);
      const image = readServerImage(text, api.url);
      let delivery = await api
        .send(
          'POST',
          `/accounts/${image.account}/deliveries`,
          { repository: image.repository, reference: image.reference, to: options.to },
          Delivery,
        )
        .catch((error: unknown) => refuse(api, image, error));
      for (let tries = 0; options.wait && delivery.state !== 'delivered'; tries++) {
        if (tries > TRIES)
          throw new CliError(EXIT.fault, `the delivery ${delivery.id} is still under way; the server goes on with it`);
        context.progress.update(`delivering to ${delivery.to}`, 0, 0);
        await new Promise((resolve) => setTimeout(resolve, 250));
        delivery = await api.get(`/accounts/${image.account}/deliveries/${delivery.id}`, Delivery);
      }
      context.progress.end();
      writeResult(
        context,
        options.json,
        delivery,
        (one) => `${one.state === 'delivered' ? 'Delivered' : 'Delivering'} ${one.digest} to ${one.to}:${one.tag}.`,
      );
    });
}

/** A refusal because the gate denied the image is a decision, not a fault. */
async function refuse(api: ApiClient, image: ServerImage, error: unknown): Promise<never> {
  if (error instanceof CliError && error.apiCode === 'conflict') {
    const status = await api.find(imagePath(image), ImageStatus).catch(() => null);
    if (status?.verdict?.decision === 'deny') throw new CliError(EXIT.denied, error.message, { cause: error });
  }
  throw error;
}
