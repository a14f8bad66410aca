/** An image's configuration as it is shown: without the secrets in it, which whoever made the image put there. */
import type { ImageStatus, Secret } from '@pratique/contract';

type Shown = NonNullable<ImageStatus['config']>;

const HIDDEN = '…';

/**
 * Variables and labels in which a secret was found keep their names, commands their program.
 *
 * @param secrets of the image; null where its contents were not examined: then no value of it is shown
 */
export function redactConfig(config: Shown, secrets: readonly Secret[] | null): Shown {
  // Of a secret at many places not all are known.
  const all = secrets === null || secrets.some((secret) => secret.placeCount > secret.places.length);
  const at = new Set(secrets?.flatMap(({ places }) => places.map(({ where, path }) => `${where} ${path}`)));
  const holds = (where: string, path: string) => all || at.has(`${where} ${path.slice(0, 200)}`);
  const words = (path: string, said: readonly string[]) =>
    holds('command', path)
      ? said.map((word, place) => (place === 0 && !word.includes('=') ? word : HIDDEN))
      : [...said];
  return {
    ...config,
    env: config.env.map((variable) => {
      const [name = ''] = variable.split('=', 1);
      return holds('environment', name) && variable !== name ? `${name}=${HIDDEN}` : variable;
    }),
    labels: Object.fromEntries(
      Object.entries(config.labels).map(([name, value]) => [name, holds('label', name) ? HIDDEN : value]),
    ),
    entrypoint: words('Entrypoint', config.entrypoint),
    cmd: words('Cmd', config.cmd),
  };
}
