import { defineConfig, type Plugin } from 'vite';

/** Code that the page shares with the server; it imports nothing but types. */
const SHARED = [
  '@scry/shared/tasks/segmentation/rle',
  '@scry/shared/tasks/class-hue',
  '@scry/shared/imaging/format',
  '@scry/shared/imaging/resample/placement',
];

/** Of all else the page shares types only: one careless import would bring all of zod along. */
const typesOnly: Plugin = {
  name: 'types-only',
  enforce: 'pre',
  resolveId(id, importer) {
    if (id.startsWith('@scry/') && !SHARED.includes(id))
      this.error(`${importer} imports ${id}: write "import type"`);
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
