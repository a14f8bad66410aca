/** Command line of the agent. */
import { parseArgs } from 'node:util';
import { AgentError } from './error.ts';

export type Options = {
  /** Folder with `server`, `ca.crt` and `token`, as the manifests mount it. */
  enrolment: string;
  /** Where key and certificate are kept: a secret `NAMESPACE/NAME`, or a file when it begins with `/` or `.`. */
  identity: { kind: 'secret'; namespace: string; name: string } | { kind: 'file'; path: string };
  /** null: as a pod, by its service account. */
  kubeconfig: string | null;
};

/** @throws AgentError `usage` */
export function readOptions(args: string[]): Options {
  let values: { enrolment?: string; identity?: string; kubeconfig?: string };
  try {
    ({ values } = parseArgs({
      args,
      options: { enrolment: { type: 'string' }, identity: { type: 'string' }, kubeconfig: { type: 'string' } },
    }));
  } catch (cause) {
    throw new AgentError('usage', (cause as Error).message, { cause });
  }
  const { enrolment, identity = '' } = values;
  const secret = /^([a-z0-9-]{1,63})\/([a-z0-9.-]{1,253})$/.exec(identity);
  const isFile = /^[./]/.test(identity);
  if (!enrolment || (!secret && !isFile))
    throw new AgentError(
      'usage',
      'usage: main.ts --enrolment FOLDER --identity NAMESPACE/SECRET|./FILE [--kubeconfig FILE]',
    );
  return {
    enrolment,
    identity: isFile
      ? { kind: 'file', path: identity }
      : { kind: 'secret', namespace: secret?.[1] ?? '', name: secret?.[2] ?? '' },
    kubeconfig: values.kubeconfig ?? null,
  };
}
