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

/** What other modules of the page import at its start, the entrance itself included. */
const atStart = new Set<string>();

/**
 * Puts all that the first view needs into one file. Left alone, each module that a later view shares with it becomes a file of its
 * own, and a phone far away would fetch two dozen of them.
 */
const firstView: Plugin = {
  name: 'first-view',
  buildEnd() {
    const follow = (id: string) => {
      if (atStart.has(id)) return;
      atStart.add(id);
      for (const imported of this.getModuleInfo(id)?.importedIds ?? []) follow(imported);
    };
    for (const id of this.getModuleIds()) if (this.getModuleInfo(id)?.isEntry) follow(id);
  },
};

export default defineConfig({
  plugins: [typesOnly, firstView],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    // Not inlined as data: URLs: the Content-Security-Policy allows none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ debugName: 'first view', name: (id) => (atStart.has(id) ? 'first-view' : null) }],
        },
      },
    },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
});
