/** pratique vex add, list, withdraw: whose statements count for an account's images. */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { VexDocumentContent, VexDocumentInfo } from '@pratique/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { accountPath } from '../account/account-path.ts';
import { addEnding } from '../account/add-ending.ts';
import { addReading } from '../account/add-reading.ts';
import { type Context, openServer, writeResult } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { formatTable, visible } from '../text.ts';

const MAX_BYTES = 16_000_000;

export function addVexDocuments(vex: Command, context: Context): void {
  vex
    .command('add')
    .argument('<account>')
    .argument('<file>', 'OpenVEX, CSAF or CycloneDX in JSON')
    .description('let its statements count for the account’s images; what they clear no longer denies')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  pratique vex add vendor demo.openvex.json\n\nStatements that travel with an image are attached to it: cosign attest --type openvex --predicate demo.openvex.json IMAGE\n',
    )
    .action(async (account: string, file: string, options: { json?: boolean }) => {
      const path = resolve(context.cwd, file);
      const found = await stat(path).catch(() => null);
      if (!found?.isFile() || found.size > MAX_BYTES)
        throw new CliError(EXIT.usage, `${file} is no VEX document that can be read`);
      const content = await readFile(path, 'utf8');
      const { api } = await openServer(context);
      const added = await api.send('POST', accountPath(account, 'vex'), { content }, VexDocumentContent);
      writeResult(
        context,
        options.json,
        added,
        (one) =>
          `${visible(one.document)} by ${visible(one.author ?? 'nobody named')}: ${one.statements} statements count for ${account} from now on.\nImages that have one of these holes are judged anew. To take it back: pratique vex withdraw ${account} ${one.id}`,
      );
    });

  addReading(vex, context, {
    name: 'list',
    description: 'documents in force, refused and withdrawn',
    path: 'vex',
    schema: z.array(VexDocumentInfo),
    show: (all) =>
      formatTable(
        ['ID', 'DOCUMENT', 'AUTHOR', 'ABOUT', 'STATEMENTS', 'STATE', 'ADDED'],
        all.map((one) => [
          one.id,
          visible(one.document),
          visible(one.author ?? '–'),
          one.image ? `${one.image.repository}@${one.image.digest.slice(0, 19)}` : 'any image',
          String(one.statements),
          one.refused === null ? one.state : `refused: ${visible(one.refused)}`,
          `${one.addedAt.slice(0, 10)} by ${one.addedBy}`,
        ]),
      ),
  });

  addEnding(vex, context, {
    name: 'withdraw',
    description: 'let its statements count no more; images that they cleared are judged anew',
    argument: ['<id>', 'as pratique vex list shows it'],
    path: 'vex',
    result: (account, id) => ({ account, id, withdrawn: true }),
    says: (id) => `The document ${id} counts no more.`,
  });
}
