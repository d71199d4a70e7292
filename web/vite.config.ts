import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root: here,
  // Every route is answered with index.html, so assets need addresses that do not depend on it.
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // hls.js is one large module that only the watch page loads; its size is known and reported.
    chunkSizeWarningLimit: 700,
    // A data: address would need a wider content security policy than the page wants.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What every page needs is one file: the picture waits for each one more.
          groups: [{ name: 'base', test: /[\\/](node_modules[\\/]@?preact|web[\\/]base)[\\/]/ }],
        },
      },
    },
  },
});
