/** Builds the console into dist, and refuses a first load above its budget. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { firstLoadBudget } from './first-load-budget.ts';

const SERVER = 'http://127.0.0.1:8480';

export default defineConfig({
  plugins: [
    react(),
    firstLoadBudget({
      entries: ['index.html', 'src/features/overview/overview-page.tsx', 'src/catalogue/en/en.ts'],
      kilobytes: 250,
    }),
  ],
  build: { target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/api': SERVER } },
});
