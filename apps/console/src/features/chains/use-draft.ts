/** A chain while it is changed, by forms or as text, and what the server says of it. */
import { type ChainDefinition, ChainValidation } from '@pratique/contract';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { request } from '../../api/request.ts';
import { within } from '../../api/use-change.ts';
import { writeYaml } from '../policies/trust/write-yaml.ts';
import { tidyChain } from './edit-chain.ts';

const PAUSE_MS = 300;

type Written = {
  /** The last chain that the text said. */
  chain: ChainDefinition;
  text: string;
  /** The text that `chain` was read from. */
  read: string;
};

export type Draft = {
  chain: ChainDefinition;
  text: string;
  /** The text says something else than the chain, or nothing that could be drawn. */
  ahead: boolean;
  /** What the server says of the text as it stands; null while it has not. */
  validation: ChainValidation | null;
  checkError: Error | null;
  change: (chain: ChainDefinition) => void;
  write: (text: string) => void;
};

export const textOfChain = (chain: ChainDefinition): string => writeYaml(tidyChain(chain));

export function useDraft(account: string, begin: ChainDefinition): Draft {
  const [written, setWritten] = useState<Written>(() => read(begin));
  const settled = useSettled(written.text);
  const query = useQuery({
    queryKey: [account, 'chain-validation', settled],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      request(ChainValidation, within(account, 'chains', 'validation'), {
        method: 'POST',
        body: { definition: settled },
        signal,
      }),
  });
  const answer = settled === written.text ? query.data : undefined;
  useEffect(() => {
    const chain = answer?.definition;
    if (chain)
      setWritten((now) => (now.text === settled && now.read !== settled ? { ...now, chain, read: settled } : now));
  }, [answer, settled]);
  return {
    chain: written.chain,
    text: written.text,
    ahead: written.read !== written.text,
    validation: answer ?? null,
    checkError: settled === written.text ? query.error : null,
    change: (chain) => setWritten(read(chain)),
    write: (text) => setWritten((now) => ({ ...now, text })),
  };
}

function read(chain: ChainDefinition): Written {
  const text = textOfChain(chain);
  return { chain, text, read: text };
}

/** The text once it has not changed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
