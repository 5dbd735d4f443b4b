import { project, withPostgres } from './jest.config.mjs';

/** `npm run test:faults`: minutes long, one system at a time. */
export default { testTimeout: 240_000, maxWorkers: 1, projects: [project('faults', withPostgres)] };
