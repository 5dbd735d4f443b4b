/**
 * Dependencies go one way: api → shared ← worker; onnx is a library of its own. Broken directions and circles fail the tests.
 * Inside shared the folders build on each other as docs/architecture.md says; compat, where it exists, only translates.
 */
module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'onnx-knows-nobody',
      severity: 'error',
      from: { path: '^onnx/' },
      to: { path: '^(shared|api|worker|stress)/' },
    },
    {
      name: 'shared-knows-nobody',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(api|worker|stress)/' },
    },
    {
      name: 'api-and-worker-never-meet',
      severity: 'error',
      from: { path: '^api/' },
      to: { path: '^(worker|stress)/' },
    },
    {
      name: 'worker-and-api-never-meet',
      severity: 'error',
      from: { path: '^worker/' },
      to: { path: '^(api|stress)/' },
    },
    {
      name: 'stress-drives-from-outside',
      severity: 'error',
      from: { path: '^stress/src/(?!bench)' },
      to: { path: '^(api|worker)/' },
    },
    {
      name: 'only-database-speaks-sql',
      severity: 'error',
      from: { path: '^(onnx|shared|api|worker)/src', pathNot: '^shared/src/database/' },
      to: { path: '(^|/)node_modules/(pg|node-pg-migrate)/' },
    },
    {
      name: 'tasks-know-only-contracts',
      severity: 'error',
      from: { path: '^shared/src/tasks/' },
      to: { path: '^(shared|onnx)/src/', pathNot: '^shared/src/(contracts|tasks)/' },
    },
    {
      name: 'contracts-do-nothing',
      severity: 'error',
      from: { path: '^shared/src/contracts/' },
      to: {
        // What images can be scaled by is said where the scaling is.
        path: '^shared/src/(?!(contracts|tasks)/|imaging/resample/(libraries|placement)[.])|(^|/)node_modules/(?!(zod|ulid)/)',
      },
    },
    {
      name: 'runtime-is-the-bottom',
      severity: 'error',
      from: { path: '^shared/src/runtime/' },
      to: { path: '^shared/src/', pathNot: '^shared/src/runtime/' },
    },
    {
      name: 'images-and-files-know-no-rows-and-no-jobs',
      severity: 'error',
      from: { path: '^shared/src/(imaging|storage)/' },
      to: { path: '^shared/src/(database|queue)/' },
    },
    {
      name: 'compat-only-translates-to-services',
      severity: 'error',
      from: { path: '^api/src/compat/' },
      to: { path: '^shared/src/', pathNot: '^shared/src/(contracts|tasks|runtime)/' },
    },
    {
      name: 'only-the-list-of-routes-knows-compat',
      severity: 'error',
      from: { path: '^api/src/', pathNot: '^api/src/(compat/|http/routes[.]ts|main[.]ts)' },
      to: { path: '^api/src/compat/' },
    },
    {
      name: 'services-of-models-know-no-http',
      severity: 'error',
      from: {
        path: '^api/src/models/(version-service|label-service|model-registry|folder-source|serving|catalogue/catalogue)[.]ts',
      },
      to: { path: '(^|/)node_modules/(express|multer)/|^api/src/http/(?!problem[.]ts)', reachable: true },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
