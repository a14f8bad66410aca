/** Reads the flags of `npm start -- ...`. */

const HELP = `npm start -- [--no-voyage] [--image REF]

  --no-voyage   start the server only
  --image REF   take an image of yours through the chain instead of the composed ones:
                oci:DIR[:TAG], docker-archive:FILE, or a reference in a registry

PRATIQUE_PORT, PRATIQUE_DATA and other settings: docs/configuration.md
`;

/**
 * @param {string[]} args
 * @returns {{ voyage: boolean, image: string | null } | null} null after telling what is wrong, or what there is
 */
export function readOptions(args) {
  let voyage = true;
  let image = null;
  for (let at = 0; at < args.length; at++) {
    if (args[at] === '--no-voyage') voyage = false;
    else if (args[at] === '--image' && args[at + 1]) image = args[++at] ?? null;
    else {
      (args[at] === '--help' ? process.stdout : process.stderr).write(
        args[at] === '--help' ? HELP : `npm start does not know ${args[at]}\n\n${HELP}`,
      );
      return null;
    }
  }
  return { voyage, image };
}
