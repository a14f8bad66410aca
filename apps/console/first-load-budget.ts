/** Measures the script that the first page loads, as it is sent, and fails the build above the budget. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Plugin, Rollup } from 'vite';

/**
 * Counts every chunk that is loaded statically from the named modules (kilobytes of 1000 bytes, compressed as the server
 * sends them) and prints brotli and gzip figures.
 *
 * @param options.entries ends of module paths whose chunks the first page needs
 */
export function firstLoadBudget(options: { entries: string[]; kilobytes: number }): Plugin {
  return {
    name: 'first-load-budget',
    generateBundle(_output, bundle) {
      const chunks = Object.values(bundle).filter((file): file is Rollup.OutputChunk => file.type === 'chunk');
      const wanted = new Set<string>();
      const visit = (name: string): void => {
        const chunk = chunks.find((one) => one.fileName === name);
        if (!chunk || wanted.has(name)) return;
        wanted.add(name);
        for (const needed of chunk.imports) visit(needed);
      };
      for (const entry of options.entries) {
        const chunk = chunks.find((one) => one.facadeModuleId?.endsWith(entry) ?? false);
        if (!chunk) this.error(`no chunk begins with ${entry}: the budget would measure nothing`);
        visit(chunk.fileName);
      }
      const code = chunks.filter((chunk) => wanted.has(chunk.fileName)).map((chunk) => chunk.code);
      const brotli = code.reduce((sum, text) => sum + brotliCompressSync(text).length, 0);
      const gzip = code.reduce((sum, text) => sum + gzipSync(text).length, 0);
      const figure = `first load of Overview: ${(brotli / 1000).toFixed(1)} kB brotli, ${(gzip / 1000).toFixed(1)} kB gzip of script in ${wanted.size} files; budget ${options.kilobytes} kB`;
      if (gzip > options.kilobytes * 1000) this.error(figure);
      console.log(figure);
    },
  };
}
