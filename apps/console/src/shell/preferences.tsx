/** Theme and language: chosen by the person, kept in the browser, applied at once. */
import { createContext, type ReactNode, useContext, useMemo, useState, useSyncExternalStore } from 'react';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { loadCatalogue, TextContext } from '../catalogue/use-text.ts';
import { type Language, LanguageContext } from '../format/format.ts';

type Theme = 'light' | 'dark';
type Choices = {
  theme: Theme;
  setTheme: (theme: Theme) => void;
  language: Language;
  setLanguage: (language: Language) => void;
};

const ChoicesContext = createContext<Choices | null>(null);

/** @throws Error outside Preferences */
export function usePreferences(): Choices {
  const choices = useContext(ChoicesContext);
  if (!choices) throw new Error('usePreferences stands outside Preferences');
  return choices;
}

/** What theme.js decided before the first paint. */
export function chosenLanguage(): Language {
  return document.documentElement.lang.startsWith('zh') ? 'zh' : 'en';
}

const dark = matchMedia('(prefers-color-scheme: dark)');
const watchSystem = (listener: () => void): (() => void) => {
  dark.addEventListener('change', listener);
  return () => dark.removeEventListener('change', listener);
};

export function Preferences(initial: { language: Language; catalogue: Catalogue; children: ReactNode }) {
  const system: Theme = useSyncExternalStore(watchSystem, () => (dark.matches ? 'dark' : 'light'));
  const [picked, setPicked] = useState<Theme | null>(() => {
    const { theme } = document.documentElement.dataset;
    return theme === 'light' || theme === 'dark' ? theme : null;
  });
  const [{ language, catalogue }, setSpoken] = useState(initial);
  const choices = useMemo<Choices>(
    () => ({
      theme: picked ?? system,
      setTheme(theme) {
        document.documentElement.dataset.theme = theme;
        keep('pratique.theme', theme);
        setPicked(theme);
      },
      language,
      setLanguage(next) {
        void loadCatalogue(next).then((loaded) => {
          document.documentElement.lang = next === 'zh' ? 'zh-Hans' : 'en';
          keep('pratique.language', next);
          setSpoken((before) => ({ ...before, language: next, catalogue: loaded }));
        });
      },
    }),
    [picked, system, language],
  );
  return (
    <ChoicesContext value={choices}>
      <LanguageContext value={language}>
        <TextContext value={catalogue}>{initial.children}</TextContext>
      </LanguageContext>
    </ChoicesContext>
  );
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
}
