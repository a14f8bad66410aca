/** Starts the console: the catalogue first, then everything else. */
import '@fontsource/ibm-plex-sans/latin-400.css';
import '@fontsource/ibm-plex-sans/latin-600.css';
import '@fontsource/ibm-plex-mono/latin-400.css';
import './theme/tokens.css';
import './theme/base.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { z } from 'zod';
import { makeQueryClient } from './api/query-client.ts';
import { loadCatalogue } from './catalogue/use-text.ts';
import { makeRouter } from './routes.tsx';
import { chosenLanguage, Preferences } from './shell/preferences.tsx';

// The page's policy forbids eval, which zod would otherwise try out.
z.config({ jitless: true });

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
const language = chosenLanguage();
const catalogue = await loadCatalogue(language);
createRoot(root).render(
  <QueryClientProvider client={makeQueryClient()}>
    <Preferences language={language} catalogue={catalogue}>
      <RouterProvider router={makeRouter()} />
    </Preferences>
  </QueryClientProvider>,
);
