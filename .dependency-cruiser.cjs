/** Dependencies go one way: api → shared ← worker; onnx is a library of its own. Broken directions and circles fail the tests. */
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
      name: 'only-the-store-speaks-sql',
      severity: 'error',
      from: { path: '^(api|worker)/src' },
      to: { path: '(^|/)node_modules/(pg|node-pg-migrate)/' },
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
