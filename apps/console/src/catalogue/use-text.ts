/** The messages of the chosen language, for components. */
import { createContext, useContext } from 'react';
import type { Language } from '../format/format.ts';
import type { Catalogue } from './catalogue.ts';

export const TextContext = createContext<Catalogue | null>(null);

/** @throws Error outside the provider, which only a test or a mistake in main.tsx can cause */
export function useText(): Catalogue {
  const text = useContext(TextContext);
  if (!text) throw new Error('no catalogue: the component stands outside TextContext');
  return text;
}

/** Only the chosen language is sent to the browser. */
export async function loadCatalogue(language: Language): Promise<Catalogue> {
  return language === 'zh' ? (await import('./zh/zh.ts')).zh : (await import('./en/en.ts')).en;
}
