import { project, withPostgres } from './jest.config.mjs';

/** `npm run test:attacks`: minutes long, one system at a time. */
export default { testTimeout: 180_000, maxWorkers: 1, projects: [project('attacks', withPostgres)] };
