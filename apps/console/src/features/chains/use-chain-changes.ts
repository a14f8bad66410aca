/** Defines and retires chains. */
import { ChainVersion } from '@pratique/contract';
import { request } from '../../api/request.ts';
import { useChange, within } from '../../api/use-change.ts';

/** @param body.definition YAML text; `ifVersion`: the version that was changed, 0 for a new chain */
export function useDefineChain(account: string, name: string) {
  return useChange(account, (body: { definition: string; ifVersion: number }) =>
    request(ChainVersion, within(account, 'chains', name), { method: 'PUT', body }),
  );
}
