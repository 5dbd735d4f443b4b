import { defineConfig, type Plugin } from 'vite';

/** The page shares types with the server and no code: one careless import would bring all of zod along. */
const typesOnly: Plugin = {
  name: 'types-only',
  enforce: 'pre',
  resolveId(id, importer) {
    if (id.startsWith('@scry/')) this.error(`${importer} imports ${id}: write "import type"`);
  },
};

export default defineConfig({
  plugins: [typesOnly],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    // Not inlined as data: URLs: the Content-Security-Policy allows none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
});
