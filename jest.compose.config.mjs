/** Tests of the containers; apart from the others because they need a Docker engine and minutes. */
import { project } from './jest.config.mjs';

export default { maxWorkers: 1, projects: [project('compose')] };
