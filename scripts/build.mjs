/** `npm run build`: compiles the workspaces and builds the page. */
import { checkNode } from './lib/check-node.mjs';

checkNode();
const { build, ensureInstalled } = await import('./lib/setup.mjs');
ensureInstalled();
build();
