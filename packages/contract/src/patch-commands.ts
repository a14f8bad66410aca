/** How the webhooks of a cluster are given another bundle of authorities. */

/**
 * Commands for whoever may change webhook configurations there; nothing else of them changes.
 * @param cluster a name that the server knows, which holds nothing that a shell would read
 * @param bundlePem all that the webhooks are to trust; PEM, which is ASCII
 */
export function patchCommands(cluster: string, bundlePem: string): string {
  const patch = JSON.stringify([{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: btoa(bundlePem) }]);
  return ['mutating', 'validating']
    .map((kind) => `kubectl patch ${kind}webhookconfiguration pratique-${cluster} --type=json -p '${patch}'`)
    .join('\n');
}
