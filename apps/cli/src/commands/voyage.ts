/** pratique voyage: a first image through the whole chain, up to an admission decision. */
import type { ImageStatus } from '@pratique/contract';
import type { Command } from 'commander';
import { type Context, openServer } from '../context.ts';
import { EXIT } from '../exit.ts';
import { sailComposed, sailOwnImage } from '../voyage/sail.ts';
import { stampLine } from '../voyage/tell.ts';

export function addVoyage(program: Command, context: Context): void {
  program
    .command('voyage')
    .option('--image <ref>', 'an image of yours instead of the composed ones')
    .description('take a first image from the archive to an admission decision')
    .action(async (options: { image?: string }) => {
      const { api } = await openServer(context);
      const images = options.image
        ? [await sailOwnImage(context, api, options.image)]
        : await sailComposed(context, api);
      context.out(
        `\n${images.map((image) => stampLine(image)).join('\n')}\n\n  Console   ${api.url}\n\n  Next:\n${nextCommands(images, api.url)}\n\n`,
      );
      if (images.some((image) => image.chain.state === 'failed')) context.setExit(EXIT.fault);
    });
}

function nextCommands(images: ImageStatus[], url: string): string {
  const image = images.find((one) => one.verdict?.decision === 'deny') ?? images[0];
  const name = image ? `${image.account}/${image.repository}:${image.reference}` : 'vendor/demo:patched';
  return [
    `    npx pratique login ${url} -u admin --password-stdin   (type the password, then Ctrl-D)`,
    `    npx pratique status ${name}`,
    '    npx pratique compose --suite bookworm --security --include nginx-light vendor/web:1',
  ].join('\n');
}
