/** Command line of the agent. */
import { parseArgs } from 'node:util';
import { AgentError } from './error.ts';

export type Options = {
  /** Folder with `server`, `ca.crt` and `token`, as the manifests mount it. */
  enrolment: string;
  /** Where key and certificate are kept: a secret `NAMESPACE/NAME`, or a file when it begins with `/` or `.`. */
  identity: { kind: 'secret'; namespace: string; name: string } | { kind: 'file'; path: string };
  /** Name of the webhook configurations whose trust is reported; null: it is not known. */
  webhooks: string | null;
  /** null: as a pod, by its service account. */
  kubeconfig: string | null;
};

/** @throws AgentError `usage` */
export function readOptions(args: string[]): Options {
  let values: { enrolment?: string; identity?: string; webhooks?: string; kubeconfig?: string };
  try {
    ({ values } = parseArgs({
      args,
      options: {
        enrolment: { type: 'string' },
        identity: { type: 'string' },
        webhooks: { type: 'string' },
        kubeconfig: { type: 'string' },
      },
    }));
  } catch (cause) {
    throw new AgentError('usage', (cause as Error).message, { cause });
  }
  const { enrolment, identity = '' } = values;
  const secret = /^([a-z0-9-]{1,63})\/([a-z0-9.-]{1,253})$/.exec(identity);
  const isFile = /^[./]/.test(identity);
  const { webhooks } = values;
  const isName = webhooks === undefined || /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(webhooks);
  if (!enrolment || (!secret && !isFile) || !isName)
    throw new AgentError(
      'usage',
      'usage: main.ts --enrolment FOLDER --identity NAMESPACE/SECRET|./FILE [--webhooks NAME] [--kubeconfig FILE]',
    );
  return {
    enrolment,
    identity: isFile
      ? { kind: 'file', path: identity }
      : { kind: 'secret', namespace: secret?.[1] ?? '', name: secret?.[2] ?? '' },
    webhooks: webhooks ?? null,
    kubeconfig: values.kubeconfig ?? null,
  };
}
